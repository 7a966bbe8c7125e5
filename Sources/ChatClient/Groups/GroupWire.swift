import CLISupport
import ChatProtocol

/// The way to the server for what concerns groups: a connection that is logged in, or what stands for it in a test.
protocol GroupWire: Sendable {
    func ask<Body: FrameBody, Reply: FrameBody>(_ body: Body) async throws(Problem) -> Reply
}

extension Link: GroupWire {
    func ask<Body: FrameBody, Reply: FrameBody>(_ body: Body) async throws(Problem) -> Reply { try await request(body) }
}

extension GroupWire {
    /// A page of the log of this conversation, and of no other.
    func readLog(of conversation: ConversationID, after seq: SequenceNumber) async throws(Problem) -> LogPage {
        let page: LogPage = try await ask(ReadLog(conversation: conversation, after: seq))
        guard page.conversation == conversation, page.items.allSatisfy({ $0.conversation == conversation }) else {
            throw Problem(.protocolFault, "the server gave another conversation's log than was asked for")
        }
        return page
    }

    /// Asks for the names of accounts that are not known here, so that what is stored can be shown.
    func lookUp(_ accounts: Set<AccountID>, _ store: any StoreDoor) async throws(Problem) {
        let strangers = try await store.withStore { try $0.unknown(accounts: accounts) }
        for page in strangers.pages(of: Limits.page) {
            let found: Accounts = try await ask(LookUpAccounts(ids: page))
            try await store.withStore { store in
                try store.writeWithReserve { try store.remember(found.accounts, now: WallClock.now) }
            }
        }
    }
}
