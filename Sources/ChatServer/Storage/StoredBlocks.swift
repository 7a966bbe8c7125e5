import ChatProtocol

/// Whom accounts block. Of those who are blocked direct messages and additions are refused (`blocked`), by the operations that bring them.
package protocol StoredBlocks: Sendable {
    /// Changes whom an account blocks; what is so already stays so, and who does not exist is left out.
    ///
    /// - Returns: all whom it blocks then, in the order of their names.
    /// - Throws: `tooLarge` beyond `Limits.blockedUsers`, `invalidTarget` for the account itself: nothing is changed.
    func changeBlocks(_ change: ChangeBlocks, of account: AccountID) async throws(StoreFailure) -> [AccountRecord]
    func isBlocked(_ other: AccountID, by account: AccountID) async throws(StoreFailure) -> Bool
}

extension Failure {
    package static var tooManyBlocked: Failure {
        Failure(.tooLarge, sentence: "an account blocks at most \(Limits.blockedUsers) users")
    }

    package static var blockedByUser: Failure {
        Failure(.blocked, sentence: "the user takes nothing of this account")
    }
}

extension Bundle {
    /// Whose consent it needs besides the rules: whom it writes to directly, and whom it adds.
    ///
    /// - Parameter other: the other account of a direct conversation.
    package func approached(_ other: AccountID?) -> Set<AccountID> {
        guard sender != .server else { return [] }
        var accounts: Set<AccountID> = []
        if let other, let entry, !entry.isHandshake { accounts.insert(other) }
        for case .enter(_, let account, _) in members where account != sender { accounts.insert(account) }
        return accounts
    }
}

extension NewEntry {
    fileprivate var isHandshake: Bool { PayloadKind(rawValue: payloadKind)?.isHandshake == true }
}

extension ConversationInfo {
    /// The other account of a direct conversation; nil where there is none.
    package func other(than account: AccountID) -> AccountID? {
        guard case .direct(let low, let high) = audience, low != high else { return nil }
        return account == low ? high : low
    }
}
