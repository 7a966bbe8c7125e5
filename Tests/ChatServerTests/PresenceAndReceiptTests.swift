import ChatProtocol
import TestSupport
import Testing

@testable import ChatServer

extension Presence {
    fileprivate var names: [String] { accounts.map(\.name.text) }
}

@Suite(.endsWhatItStarts) struct PresenceTests {
    @Test func `a newcomer gets the list and the rest the newcomer`() async throws {
        try await withServer { server in
            let alice = try await server.logIn("alice")
            try await alice.subscribe(.presence)
            let first: Presence = try await alice.next()
            #expect(first.change == .full && first.names == ["alice"])
            let bob = try await server.logIn("bob")
            try await bob.subscribe(.presence)
            let list: Presence = try await bob.next()
            #expect(list.change == .full && !list.more && list.names == ["alice", "bob"])
            let news: Presence = try await alice.next()
            #expect(news.change == .online && news.names == ["bob"])
            #expect(!bob.waiting.contains { $0.frameKind == .presence })
        }
    }

    @Test func `offline is told when the last connection ends`() async throws {
        try await withServer { server in
            let alice = try await server.logIn("alice")
            try await alice.subscribe(.presence)
            let _: Presence = try await alice.next()
            let bob = try await server.logIn("bob")
            let second = try await server.logIn("bob")
            for client in [bob, second] { try await client.subscribe() }
            let online: Presence = try await alice.next()
            #expect(online.change == .online && online.names == ["bob"])
            bob.close()
            let _: Pong = try await alice.reply(to: Ping())
            second.close()
            let offline: Presence = try await alice.next()
            #expect(offline.change == .offline && offline.names == ["bob"])
            #expect(!alice.waiting.contains { $0.frameKind == .presence })
            let page: AccountPage = try await alice.reply(to: ListAccounts())
            #expect(page.accounts.map(\.online) == [true, false])
        }
    }

    @Test func `an unseen or unsubscribed connection is not online`() async throws {
        try await withServer { server in
            let alice = try await server.logIn("alice")
            try await alice.subscribe(.presence)
            let _: Presence = try await alice.next()
            let bob = try await server.logIn("bob")
            try await bob.subscribe(.unseen)
            let carol = try await server.logIn("carol")
            _ = try await carol.append("x", to: try carol.everyone)
            let page: AccountPage = try await alice.reply(to: ListAccounts(onlineOnly: true))
            #expect(page.accounts.map(\.account.name.text) == ["alice"])
            #expect(!alice.waiting.contains { $0.frameKind == .presence })
        }
    }

    @Test func `a list is read in pages`() async throws {
        try await withServer { server in
            let alice = try await server.logIn("alice")
            try await server.store.change { database in
                for index in 1000..<1600 {
                    try database.run(
                        """
                        INSERT INTO accounts(id, name, display_name, password_hash, created)
                        VALUES(randomblob(16), ?, '', '', 0)
                        """, "u\(index)")
                }
            }
            var names: [String] = []
            var more = true
            while more {
                let page: AccountPage = try await alice.reply(
                    to: ListAccounts(after: names.last.flatMap { UserName($0) }))
                names += page.accounts.map(\.account.name.text)
                more = page.more
            }
            #expect(names == ["alice"] + (1000..<1600).map { "u\($0)" })
        }
    }
}

@Suite(.endsWhatItStarts) struct ReceiptTests {
    @Test func `who asked for a receipt hears of delivery and reading`() async throws {
        try await withServer { server in
            let (alice, bob) = (try await server.logIn("alice"), try await server.logIn("bob"))
            try await bob.subscribe()
            let dm = try await alice.open(with: "bob")
            let ack = try await alice.append("hi", to: dm, wantReceipt: true)
            let entry = try #require(try await bob.entries(1).first)
            let delivered: Receipt = try await alice.next()
            #expect(
                delivered
                    == Receipt(conversation: dm, state: .init(account: try bob.account, delivered: ack.seq, read: 0)))
            bob.send(frame: MarkRead(conversation: dm, seq: entry.seq).frame())
            let read: Receipt = try await alice.next()
            #expect(read.state.read == ack.seq && read.state.delivered == ack.seq)
        }
    }

    @Test func `a skipped entry is not delivered`() async throws {
        try await withServer { server in
            let (alice, bob) = (try await server.logIn("alice"), try await server.logIn("bob"))
            try await bob.subscribe()
            let dm = try await alice.open(with: "bob")
            _ = try await alice.append("hi", to: dm, wantReceipt: true)
            bob.acknowledge(try #require(try await bob.entries(1, acknowledging: false).first), .undecryptable)
            let states: Receipts = try await eventuallyReceipts(alice, dm) { _ in true }
            #expect(states.states.allSatisfy { $0.delivered == 0 })
            #expect(!alice.waiting.contains { $0.frameKind == .receipt })
        }
    }

    @Test func `receipts can be asked for after a reconnect`() async throws {
        try await withServer { server in
            let (alice, bob) = (try await server.logIn("alice"), try await server.logIn("bob"))
            try await bob.subscribe()
            let dm = try await alice.open(with: "bob")
            let ack = try await alice.append("hi", to: dm)
            alice.close()
            _ = try await bob.entries(1)
            let again = try await server.logIn("alice", device: try alice.device)
            let account = try bob.account
            let receipts = try await eventuallyReceipts(again, dm) { receipts in
                receipts.states.contains(.init(account: account, delivered: ack.seq, read: 0))
            }
            #expect(receipts.states.count == 2)
        }
    }

    @Test func `who sends again is told what became of the first`() async throws {
        try await withServer { server in
            let (alice, bob) = (try await server.logIn("alice"), try await server.logIn("bob"))
            try await bob.subscribe()
            let dm = try await alice.open(with: "bob")
            let id = MessageID.unique
            let ack = try await alice.append("hi", to: dm, id: id)
            _ = try await bob.entries(1)
            let account = try bob.account
            _ = try await eventuallyReceipts(alice, dm) { receipts in
                receipts.states.contains { $0.account == account && $0.delivered == ack.seq }
            }
            let again = try await server.logIn("alice", device: try alice.device)
            #expect(try await again.append("hi", to: dm, id: id, wantReceipt: true).duplicate)
            let receipt: Receipt = try await again.next()
            #expect(receipt.state == .init(account: account, delivered: ack.seq, read: 0))
        }
    }

    @Test func `a subscriber to receipts hears of its conversations and not of itself`() async throws {
        try await withServer { server in
            let (alice, bob, carol) =
                (try await server.logIn("alice"), try await server.logIn("bob"), try await server.logIn("carol"))
            try await alice.subscribe(.receipts)
            try await carol.subscribe(.receipts)
            try await bob.subscribe(.receipts)
            let dm = try await alice.open(with: "bob")
            _ = try await alice.append("hi", to: dm)
            _ = try await alice.entries(1)
            _ = try await bob.entries(1)
            let receipt: Receipt = try await alice.next()
            #expect(try receipt.state.account == bob.account && receipt.state.delivered == 1)
            let own: Receipt = try await bob.next()
            #expect(try own.state.account == alice.account)
            #expect(!carol.waiting.contains { $0.frameKind == .receipt })
        }
    }

    @Test func `reading more than there is counts as all there is`() async throws {
        try await withServer { server in
            let (alice, bob) = (try await server.logIn("alice"), try await server.logIn("bob"))
            let dm = try await alice.open(with: "bob")
            _ = try await alice.append("hi", to: dm, wantReceipt: true)
            bob.send(frame: MarkRead(conversation: dm, seq: .largest).frame())
            let receipt: Receipt = try await alice.next()
            #expect(receipt.state.read == 1)
        }
    }

    private func eventuallyReceipts(
        _ client: TestClient, _ conversation: ConversationID, _ holds: (Receipts) -> Bool
    ) async throws -> Receipts {
        var last: Receipts = try await client.reply(to: QueryReceipts(conversation: conversation))
        _ = try await eventually {
            last = try await client.reply(to: QueryReceipts(conversation: conversation))
            return holds(last)
        }
        #expect(holds(last))
        return last
    }
}
