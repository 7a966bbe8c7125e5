import CLISupport
import ChatProtocol
import GroupRules

extension KeyPassage {
    /// Reads the chains that are said to have gone on, one after the other, as long as a connection lasts.
    ///
    /// Nobody is believed: what is heard is a reason to ask, of whom something is known here. What is heard beside a full line is read
    /// before that account is written to again, as anything that is wanted.
    func news(on link: Link, wake: @escaping @Sendable () async -> Void) -> EventLine<KeysChanged> {
        EventLine { heard in
            var told: [AccountID: GateRules.PersonFinding] = [:]
            for await news in heard where await follow(news, on: link, told: &told) { await wake() }
        }
    }

    /// Reads a chain where it is known here and does not go so far, and says at once where it is another one than before.
    ///
    /// What another process has read before is said here all the same, because each has its own reader.
    ///
    /// - Parameter told: what was said on this connection; nothing is said twice.
    /// - Returns: whether it was read.
    fileprivate func follow(
        _ news: KeysChanged, on link: Link, told: inout [AccountID: GateRules.PersonFinding]
    ) async -> Bool {
        do throws(Problem) {
            let account = news.account
            let hearsay = try await reader.heard(of: account, at: news.head)
            guard hearsay != .ofStranger else { return false }
            if hearsay == .isNews { try await read(account, on: link) }
            let (name, finding) = try await finding(of: account)
            if finding.trust == .changed, told.updateValue(finding, forKey: account) != finding {
                tell(finding, of: name)
            }
            return hearsay == .isNews
        } catch {
            reader.log.info("the chain of account \(news.account) is not read yet: \(error.text)")
            return false
        }
    }

    /// Reads what is new of the chain of an account that is known here.
    func readAndTell(_ account: AccountID, on link: Link) async throws(Problem) {
        let before = try await finding(of: account).finding
        try await read(account, on: link)
        let (name, finding) = try await finding(of: account)
        if finding != before, finding.trust == .changed { tell(finding, of: name) }
    }

    private func read(_ account: AccountID, on link: Link) async throws(Problem) {
        try await reader.read(account, named: try await store.withStore { try $0.name(of: account) }, on: link)
    }

    private func tell(_ finding: GateRules.PersonFinding, of name: UserName) {
        let problem = gate.problem(finding, of: name)
        note(KeyNotice(code: problem.code, text: problem.text))
    }

    private func finding(
        of account: AccountID
    ) async throws(Problem) -> (name: UserName, finding: GateRules.PersonFinding) {
        try await store.withStore { try gate.findingForReader(of: account, in: $0) }
    }
}
