import ChatProtocol

/// Decides a login by password: what is computed, and what follows from it.
///
/// The names of the outcomes are those of the system described first: unknown name, wrong password, or yes with the
/// display name. Inside there are more; outside, unknown name and wrong password are one.
package struct PasswordLogin: Sendable {
    package enum Outcome: Sendable, Equatable {
        case accepted(StoredAccount)
        case unknownName
        case wrongPassword
        case disabled
    }

    private let account: StoredAccount?
    private let password: [UInt8]
    /// What the password is computed against: the account's hash, or the dummy where there is none, so that both
    /// take one path.
    package let hash: PasswordHash?
    private let isDummy: Bool
    private let own: Int
    private let dearest: Int

    /// - Parameters:
    ///   - account: who bears the name; nil where nobody does.
    ///   - dummy: a hash that no password fits.
    ///   - own: the cost of the hashes that are made here.
    ///   - dearest: the cost of the dearest hash that any account has.
    package init(
        account: StoredAccount?, password: [UInt8], dummy: PasswordHash?, own: Int = PasswordHash.ownCost,
        dearest: Int = PasswordHash.ownCost
    ) {
        self.account = account.flatMap { $0.isDeleted ? nil : $0 }
        self.password = password
        self.own = own
        self.dearest = max(dearest, own)
        if let kept = self.account.flatMap({ try? PasswordHash($0.passwordHash) }) {
            hash = kept
            isDummy = false
        } else {
            hash = dummy
            isDummy = true
        }
    }

    /// - Parameter fits: what `Bcrypt.verify` said of the password and `hash`.
    package func outcome(fits: Bool) -> Outcome {
        guard let account else { return .unknownName }
        guard fits, !isDummy, mayBeCut || password.count <= PasswordHash.significantBytes else {
            return .wrongPassword
        }
        return account.isDisabled ? .disabled : .accepted(account)
    }

    /// What else is computed for a password that is refused, so that each refusal is the same work whoever is named:
    /// that of the dearest hash. Two computations of one cost are one of the next.
    package var padding: [PasswordHash] {
        guard let hash, hash.cost < dearest else { return [] }
        return (hash.cost..<dearest).compactMap { Bcrypt.dummy(cost: $0) }
    }

    /// bcrypt reads 72 bytes, so what stands behind them fits as well as anything else. The old system took longer
    /// passwords; ours are never longer (`PasswordRules.mayBeSet`), and a longer one is another one.
    private var mayBeCut: Bool { account?.hashOrigin == .imported }

    /// Whether the hash should be made anew, now that the password is known: it is not of our own making, and bcrypt
    /// has read all of the password and its end. One of 72 bytes may be the beginning of a longer one, whose owner
    /// would be locked out by a hash of our own.
    package var wantsNewHash: Bool {
        guard let account, !isDummy, let hash else { return false }
        let isForeign = account.hashOrigin == .imported || hash.cost != own
        return isForeign && password.count < PasswordHash.significantBytes
    }
}

extension PasswordLogin.Outcome {
    /// Whether it must not be known which of the two it is.
    package var isRefusal: Bool { self == .unknownName || self == .wrongPassword }

    /// What a peer is told; nil where it is accepted.
    package var failure: Failure? {
        switch self {
        case .accepted: nil
        case .unknownName, .wrongPassword: Failure(.loginRefused)
        case .disabled: Failure(.accountDisabled)
        }
    }
}
