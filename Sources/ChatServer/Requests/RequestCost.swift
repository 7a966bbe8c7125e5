import ChatProtocol

/// What a request costs the server: one table for all kinds, so that none is for nothing.
///
/// The measure is a message: what an append costs in the batch, with its row, its share of a sync and its reply. The
/// account's rate (`messages_per_second`, `messages_burst`) counts tenths of it.
struct RequestCost: Equatable {
    /// What happens to a request of an account whose debt is too large.
    enum OverDebt: Equatable {
        case refused
        /// It must work in any case, or has no reply that could say so: its connection is only read more slowly.
        case slowedDown
    }

    /// Tenths of a message.
    var tenths: UInt64
    var overDebt = OverDebt.refused

    /// Tenths of a message for a kind whose cost does not depend on what is asked.
    static func of(_ kind: FrameKind) -> RequestCost? {
        switch kind {
        // The measure. It is charged where it is judged, for a duplicate is answered whatever the rate.
        case .append: nil
        // Paid for by the deliveries that it acknowledges.
        case .acknowledge: nil
        // A frame and a reply without the store.
        case .ping: RequestCost(tenths: 1, overDebt: .slowedDown)
        // Reads the inbox: a page of rows for each 256 conversations.
        case .subscribe: RequestCost(tenths: 5)
        // A row, and a query for those who watch; several marks of a conversation in one batch are one.
        case .markRead: RequestCost(tenths: 5, overDebt: .slowedDown)
        // A query within the batch, which takes all cursors that have moved with it.
        case .queryReceipts: RequestCost(tenths: 10)
        // Two or three rows are read. What it writes where there is no conversation yet is charged besides.
        case .openConversation: RequestCost(tenths: 2)
        // Up to 256 rows, found one by one, and up to 100 KiB of reply.
        case .lookUpAccounts, .lookUpConversations, .listAccounts: RequestCost(tenths: 10)
        // Up to 32 rows.
        case .listDevices: RequestCost(tenths: 2)
        // A transaction with a sync of its own.
        case .addDevice, .renameDevice: RequestCost(tenths: 10)
        // The same, but a stolen device has to be cut off in any case.
        case .revokeDevice: RequestCost(tenths: 10, overDebt: .slowedDown)
        // Two computations of bcrypt; the throttle of passwords charges them besides.
        case .changePassword: RequestCost(tenths: 100)
        // Signatures are checked and a tree is hashed: ten a second of an account that may send a hundred messages.
        case .foundGroup, .commit: RequestCost(tenths: 100)
        // Two signatures are checked of each, and it is a transaction with a sync of its own.
        case .publishKeyPackages: RequestCost(tenths: 100)
        // A transaction with a sync of its own, over up to 32 devices.
        case .takeKeyPackages: RequestCost(tenths: 10)
        // Up to 128 entries, or half a MiB of a tree.
        case .readLog, .readGroup: RequestCost(tenths: 10)
        // A row in the batch, and up to half a MiB.
        case .readWelcome: RequestCost(tenths: 10)
        // A handshake is hashed, and a row or two written in the batch.
        case .reportCommit: RequestCost(tenths: 20)
        // A row is read when the turn has come.
        case .takeTurn: RequestCost(tenths: 5)
        // A page of rows each, with a count or the devices.
        case .listRooms, .roomMembers: RequestCost(tenths: 10)
        // Some rows in the batch; what the room itself takes is charged besides.
        case .createRoom, .joinRoom, .forgetRoom: RequestCost(tenths: 10)
        // A transaction with a sync of its own.
        case .changeBlocks: RequestCost(tenths: 10)
        // The same, and a signature; who wants to go is let go.
        case .leaveRoom: RequestCost(tenths: 20, overDebt: .slowedDown)
        // Signatures are checked, and a transaction with a sync of its own; a stolen device has to be cut off in any case.
        case .publishLink: RequestCost(tenths: 20, overDebt: .slowedDown)
        // Up to 256 links.
        case .readChain: RequestCost(tenths: 10)
        // A transaction with a sync of its own.
        case .leaveGrant: RequestCost(tenths: 10)
        // A computation of bcrypt; the throttle of passwords charges it besides.
        case .suspendDevice: RequestCost(tenths: 50, overDebt: .slowedDown)
        // A signature is checked, and a row written without a sync.
        case .loginByDevice: RequestCost(tenths: 2, overDebt: .slowedDown)
        // The throttles of passwords and registrations charge the computation; this is the transaction.
        case .loginByPassword, .loginByIdentity, .register: RequestCost(tenths: 10, overDebt: .slowedDown)
        // No requests after login.
        case .clientHello, .failure, .done, .welcome, .appended, .conversations, .accounts, .accountPage, .receipts,
            .devices, .deviceAdded, .pong, .chainPage, .chainState, .keyPackageCount, .keyPackages, .logPage,
            .groupPart,
            .welcomePart, .turn, .rooms, .members, .keysChanged, .deviceWaiting, .groupWelcome, .commitWanted,
            .memberChanged, .serverHello, .entry,
            .gap, .live, .presence, .receipt:
            nil
        }
    }

    /// An append: one message.
    static let append = RequestCost(tenths: 10)
    /// A conversation of two, or a room, begins: as dear as a message, and more rows.
    static let newConversation = RequestCost(tenths: 20)
}
