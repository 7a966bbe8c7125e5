import ChatProtocol

/// The login numbers that a device has used: the highest, and which of the 1,024 up to it.
///
/// A device allocates its numbers in its own store, one for each login. One that comes a second time, or lies far
/// behind, means that the store was copied or rolled back. Numbers may arrive in any order within the window, since
/// many processes of one profile log in at once.
package struct LoginWindow: Equatable, Sendable {
    package static let size = UInt64(Limits.loginWindow)
    package static let byteCount = Limits.loginWindow / 8

    package private(set) var high: LoginNumber
    /// Number n has bit n mod 1,024: when the window moves on, the bits that it comes to are cleared.
    package private(set) var bitmap: [UInt8]

    /// The window of a device that has never logged in.
    package init() {
        high = 0
        bitmap = [UInt8](repeating: 0, count: Self.byteCount)
    }

    /// A window as it was kept. Bytes of another size count as a window of which every number was used.
    package init(high: LoginNumber, bitmap: [UInt8]) {
        self.high = high
        if bitmap.count == Self.byteCount {
            self.bitmap = bitmap
        } else {
            self.bitmap = [UInt8](repeating: bitmap.isEmpty && high == 0 ? 0 : 0xff, count: Self.byteCount)
        }
    }

    /// Uses up `number`.
    ///
    /// - Returns: false where it was used before or lies more than the window's size behind; nothing changes then.
    package mutating func use(_ number: LoginNumber) -> Bool {
        if number > high {
            advance(to: number.value)
        } else if high.value - number.value >= Self.size || isUsed(number.value) {
            return false
        }
        mark(number.value, used: true)
        return true
    }

    private mutating func advance(to number: UInt64) {
        if number - high.value >= Self.size {
            bitmap = [UInt8](repeating: 0, count: Self.byteCount)
        } else {
            for skipped in (high.value + 1)...number { mark(skipped, used: false) }
        }
        high = LoginNumber(number)
    }

    private func isUsed(_ number: UInt64) -> Bool {
        bitmap[Self.byte(number)] & Self.mask(number) != 0
    }

    private mutating func mark(_ number: UInt64, used: Bool) {
        if used {
            bitmap[Self.byte(number)] |= Self.mask(number)
        } else {
            bitmap[Self.byte(number)] &= ~Self.mask(number)
        }
    }

    private static func byte(_ number: UInt64) -> Int { Int(number % size) / 8 }
    private static func mask(_ number: UInt64) -> UInt8 { 1 << UInt8(number % 8) }
}
