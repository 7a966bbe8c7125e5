import CLISupport
import ChatProtocol
import WireCodec

/// What contradicts the histories of conversations, and the way out of it.
extension Client {
    /// What a doctor says of it: one line for each contradiction, else one for all.
    func historyChecks() throws(Problem) -> [DoctorCheck] {
        let evidence = try storeForReading { try $0.historyEvidence() }
        guard !evidence.isEmpty else {
            return [DoctorCheck(name: "history", status: .ok, text: "nothing contradicts what was read")]
        }
        return evidence.map { found in
            let problem = found.problem
            return DoctorCheck(
                name: "history", status: found.stops ? .failed : .warning, text: problem.text, problem: problem)
        }
    }

    /// Goes on in a conversation in spite of what contradicts it.
    ///
    /// - Returns: how many messages were held.
    package func acceptFork(in name: ConversationName) throws(Problem) -> Int {
        if case .user(let user) = name { return try acceptFork(of: user) }
        return try store { store in
            try store.writeSynced {
                guard try store.acceptHistory(of: name) else {
                    throw Problem(.noSuchName, "nothing contradicts what was read in \(name.text)")
                }
                return try store.heldCount(for: name)
            }
        }
    }
}

extension HistoryEvidence {
    /// Whether nothing is sent there for it.
    var stops: Bool {
        switch kind {
        case .read(_, _, _, _, let stops): stops
        case .group: true
        }
    }

    /// As a person is told of it.
    var notice: KeyNotice { KeyNotice(code: "history_differs", text: problem.text) }

    fileprivate var problem: Problem {
        let place = conversation?.text ?? "a conversation that is not known any more"
        let advice = conversation.map { Advice.acceptFork($0.user?.text ?? $0.text) } ?? .seeEvidence
        let text =
            switch kind {
            case .read(let user, let device, let entry, let claim, _):
                "\(place): \(user), device \(device), has read another log than this device, by message \(entry)\(Self.words(claim))"
            case .group(let detail): "\(place): \(detail)"
            }
        var problem = Problem(
            .historyForked, "\(text), at \(TimestampText.utc(time))", advice: advice, sent: .no)
        problem.conversation = conversation?.text
        return problem
    }

    private static func words(_ claim: LogClaim?) -> String {
        guard let claim else { return "" }
        let ours = claim.ours.map { "here \(Hexadecimal.text($0))" } ?? "which had not come"
        return " (entry \(claim.seen): there \(Hexadecimal.text(claim.theirs)), \(ours))"
    }
}

extension ClientStore {
    /// What nobody was told of yet; it is told now.
    func newDoubts() throws -> [HistoryEvidence] {
        guard try hasUntoldDoubts() else { return [] }
        return try write { try takeUntoldDoubts() }
    }
}
