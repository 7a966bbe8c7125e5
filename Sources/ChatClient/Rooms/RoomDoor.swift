import CLISupport
import ChatProtocol
import GroupRules
import MLS
import Synchronization

/// The way to the groups of rooms for one command: the client's store, with an opener of its own.
final class RoomDoor: GroupDoor {
    private let client: Client
    private let opener: Mutex<Opener>

    init(_ client: Client, _ welcome: ChatProtocol.Welcome) {
        self.client = client
        let judge = GroupJudge(server: welcome.server, groupKey: SignaturePublicKey(welcome.groupKey))
        opener = Mutex(Opener(judge: judge))
    }

    func withStore<Value: Sendable>(_ body: @Sendable (ClientStore) throws -> Value) async throws(Problem) -> Value {
        try await client.withStore(body)
    }

    func withOpener<Value: Sendable>(
        _ body: @Sendable (inout Opener, ClientStore) throws -> Value
    ) async throws(Problem) -> Value {
        try await client.withStore { store in try opener.withLock { try body(&$0, store) } }
    }
}

extension Client {
    /// Who brings this device into the groups of rooms.
    func roomJoiner() async throws(Problem) -> Joiner {
        let link = try await requestLink()
        return try await joiner(on: link, through: RoomDoor(self, try await link.welcome()))
    }
}
