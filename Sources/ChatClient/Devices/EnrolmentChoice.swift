import CLISupport
import ChatProtocol
import GroupRules

/// Decides which device of an identity file a login takes: one that nobody has used, else, where the newest use counts, the one that is
/// idle longest. A plain value.
struct EnrolmentChoice {
    /// A device, what the account's chain says of it, and its present name.
    struct Chosen {
        var device: IdentityFile.Device
        var known: ChainDevice
        var name: String
    }

    /// Each use of a device cuts off at most who looked by it just then.
    private static let looks = 8

    private let file: IdentityFile
    private var looks = 1
    private var rounds = 0
    private var refusals: [DeviceID: Problem] = [:]

    init(_ file: IdentityFile) { self.file = file }

    /// - Throws: `identity_used` (78), `device_revoked` (77), `device_pending` (77); `rate_limited` (75) where all were taken just now.
    func device(in chain: AccountChain, _ records: [DeviceRecord]) throws(Problem) -> Chosen {
        let known = file.devices.compactMap { device in chain.devices[device.id].map { (device, $0) } }
        guard !known.isEmpty else {
            throw Problem(
                .devicePending, "no device of this identity was added to the account", advice: .makeAnotherIdentity,
                sent: .no)
        }
        let usable = known.compactMap { device, known -> Candidate? in
            guard known.isActive, let record = records.first(where: { $0.id == device.id }), record.state == .active
            else { return nil }
            return Candidate(
                chosen: Chosen(device: device, known: known, name: record.name), record: record,
                wasRefused: refusals[device.id] != nil)
        }
        guard !usable.isEmpty else { throw Problem(.deviceRevoked, advice: .makeAnotherIdentity, sent: .no) }
        let good = file.use == .once ? usable.filter(\.isUnused) : usable
        guard !good.isEmpty else { throw Problem(.identityUsed, advice: .makeAnotherIdentity, sent: .no) }
        let free = good.filter { refusals[$0.chosen.device.id]?.code != ErrorCode.rateLimited.name }
        if let best = free.min(by: { $0.rank < $1.rank }) { return best.chosen }
        throw refusals.values.first.map(Self.advised) ?? Problem(.identityUsed, advice: .makeAnotherIdentity, sent: .no)
    }

    /// A look has failed. Another use of the device by which it was made cuts it off; a new look finds what that has left.
    ///
    /// - Throws: the failure, where a new look does not help.
    mutating func noteLook(_ failure: Problem) throws(Problem) {
        guard failure.code == ErrorCode.replaced.name, looks < Self.looks else { throw refused(failure) }
        looks += 1
    }

    /// A device was refused: another use was faster, perhaps, and a new look finds another device.
    ///
    /// - Throws: the refusal, where a new look does not help.
    mutating func note(_ refusal: Problem, of device: DeviceID) throws(Problem) {
        let passing: [ErrorCode] = [.identityUsed, .replaced, .chainMoved, .deviceRevoked, .rateLimited]
        guard passing.map(\.name).contains(refusal.code), file.use != .first, rounds <= file.devices.count else {
            throw refused(refusal)
        }
        rounds += 1
        refusals[device] = refusal
    }

    /// Nothing takes the place of what is good for one use: it was used.
    private func refused(_ refusal: Problem) -> Problem {
        let isUsed = file.use == .once && refusal.code == ErrorCode.replaced.name
        return Self.advised(isUsed ? Problem(.identityUsed, sent: .no) : refusal)
    }

    /// What the server refuses for good, with what helps.
    static func advised(_ refusal: Problem) -> Problem {
        if refusal.code == ErrorCode.rateLimited.name, let wait = refusal.retryAfter {
            var refusal = refusal
            refusal.advice = .useIdentityLater(seconds: UInt64(max(0, wait.components.seconds)) + 1)
            return refusal
        }
        guard [ErrorCode.identityUsed, .deviceRevoked, .devicePending].map(\.name).contains(refusal.code),
            refusal.deviceFingerprint == nil
        else { return refusal }
        var refusal = refusal
        refusal.advice = .makeAnotherIdentity
        return refusal
    }

    private struct Candidate {
        var chosen: Chosen
        var record: DeviceRecord
        var wasRefused: Bool

        var isUnused: Bool { chosen.known.instance == 0 }
        /// The smallest is taken.
        var rank: (Int, Int, Int, Timestamp) {
            (wasRefused ? 1 : 0, isUnused ? 0 : 1, record.online ? 1 : 0, record.lastSeen)
        }
    }
}
