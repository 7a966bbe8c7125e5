import ChatProtocol
import TestSupport
import Testing

@testable import ChatServer

/// What requests cost the account that sends them.
@Suite(.endsWhatItStarts) struct RequestCostTests {
    @Test func `every request after the login has a cost or a reason to have none`() {
        let free: Set<FrameKind> = [.append, .acknowledge]
        for kind in FrameKind.allCases where (5...63).contains(kind.rawValue) {
            #expect((RequestCost.of(kind) == nil) == free.contains(kind), "\(kind)")
        }
        #expect(RequestCost.append.tenths == 10)
    }

    @Test func `a commit or a founding costs what ten messages do: an account makes ten a second`() {
        for kind in [FrameKind.commit, .foundGroup] {
            #expect(RequestCost.of(kind) == RequestCost(tenths: 10 * RequestCost.append.tenths, overDebt: .refused))
        }
        #expect(ServerLimits().messagesPerSecond == 100)
    }

    @Test func `whoever has used up the rate is refused what reads and writes and not what must work`() async throws {
        try await withServer {
            $0.allowMessages(100)
        } _: { server in
            let alice = try await server.logIn("alice")
            let account = try alice.account
            let everyone = try alice.everyone
            _ = try await server.logIn("bob")
            try await server.server.hub.value { hub in
                guard let session = hub.connections.sessions(of: account).first else { return }
                _ = hub.rates.charge(RequestCost(tenths: 985), account, on: session)
            }
            try await alice.isRefused(ListAccounts(), as: .rateLimited)
            try await alice.isRefused(QueryReceipts(conversation: everyone), as: .rateLimited)
            try await alice.isRefused(LookUpAccounts(ids: [account]), as: .rateLimited)
            try await alice.isRefused(RenameDevice(device: try alice.device, name: "x"), as: .rateLimited)
            let _: Done = try await alice.reply(to: RevokeDevice(device: DeviceID(high: 1, low: 1)))
        }
    }

    @Test func `a conversation that is made costs more than one that is found`() async throws {
        try await withServer {
            $0.allowMessages(100)
        } _: { server in
            let alice = try await server.logIn("alice")
            for name in ["bob", "carol"] { _ = try await server.logIn(name) }
            let found = try await alice.open(with: "bob")
            let account = try alice.account
            try await server.server.hub.value { hub in
                guard let session = hub.connections.sessions(of: account).first else { return }
                _ = hub.rates.charge(RequestCost(tenths: 955), account, on: session)
            }
            #expect(try await alice.open(with: "bob") == found)
            try await alice.isRefused(OpenConversation(with: try #require(UserName("carol"))), as: .rateLimited)
        }
    }

    @Test func `marks of one conversation that wait to be written are one query`() async throws {
        try await withServer { server in
            let (alice, bob) = (try await server.logIn("alice"), try await server.logIn("bob"))
            let dm = try await alice.open(with: "bob")
            for text in ["a", "b", "c"] { _ = try await alice.append(text, to: dm) }
            try await alice.subscribe([.receipts])
            let frames = (1...3).flatMap {
                MarkRead(conversation: dm, seq: SequenceNumber(UInt64($0))).frame().wireBytes
            }
            bob.send(bytes: frames)
            // The first is written at once, and the others wait for it.
            var told: [Receipt] = []
            while told.last?.state.read != 3 { told.append(try await alice.next()) }
            #expect(told.count <= 2)
        }
    }
}

extension TestClient {
    fileprivate func isRefused(_ request: some FrameBody, as code: ErrorCode) async throws {
        let refusal = try await #require(throws: Failure.self) {
            let _: Done = try await self.reply(to: request)
        }
        #expect(refusal.errorCode == code)
    }
}
