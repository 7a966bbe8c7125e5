import ChatProtocol

/// What a password may be.
package enum PasswordRules {
    /// Whether it may be set: 8 to 72 bytes, none of them NUL, which bcrypt's C string would end at.
    package static func mayBeSet(_ password: [UInt8]) -> Bool {
        Limits.newPassword.contains(password.count) && !password.contains(0)
    }

    /// Whether it can be anybody's: the system from which accounts were imported took any length, but no NUL.
    package static func mayBeChecked(_ password: [UInt8]) -> Bool {
        password.count <= Limits.checkedPassword && !password.contains(0)
    }
}
