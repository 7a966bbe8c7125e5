import CLISupport
import ChatProtocol
import GroupRules

extension Client: GroupDoor {
    func withOpener<Value: Sendable>(
        _ body: @Sendable (inout Opener, ClientStore) throws -> Value
    ) throws(Problem) -> Value {
        try store { store in
            let judge = try groupJudge(store)
            var opener = intake.opener(judging: judge)
            defer { intake.keep(opener) }
            return try body(&opener, store)
        }
    }

    /// By whom groups are judged: for the server of this profile, whose key is pinned.
    func groupJudge(_ store: ClientStore) throws -> GroupJudge {
        guard let identity = try store.identity() else { throw notLoggedIn }
        guard let groupKey = try store.groupKey() else {
            throw Problem(.protocolFault, "the server has no key for groups", sent: .no)
        }
        return GroupJudge(server: identity.server, groupKey: groupKey)
    }
}
