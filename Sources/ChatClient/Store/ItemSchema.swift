extension ItemReader {
    /// In what messages are read, whatever selects them: it stands before a query. It is not in the file, so that a store
    /// that cannot be written and is older than this version can be read, too. Those whose text was erased here
    /// (`ClientStore.erasedKind`) are not among them.
    static let messages: StaticString = """
        WITH message_rows AS (
            SELECT e.position, c.type, c.peer, p.name AS peer_name, e.seq, e.id, e.sender, s.name AS sender_name,
                s.display_name, e.device, e.time, e.sent, e.body, e.reply_to, e.auto, e.shown, e.number, e.conversation,
                e.payload_kind
            FROM entries e JOIN conversations c ON c.number = e.conversation
                LEFT JOIN accounts s ON s.id = e.sender LEFT JOIN accounts p ON p.id = c.peer
            WHERE e.payload_kind <> 255)

        """
    /// The same for notices of gaps.
    static let gaps: StaticString = """
        WITH gap_rows AS (
            SELECT g.position, c.type, c.peer, p.name AS peer_name, g.reason, g.missed, g.time, g.shown
            FROM gaps g JOIN conversations c ON c.number = g.conversation LEFT JOIN accounts p ON p.id = c.peer)

        """
}
