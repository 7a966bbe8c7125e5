import CLISupport
import ChatClient
import ChatProtocol

/// What commands of the prompt answer: lines for people, or the objects that every command prints.
struct REPLReports: Sendable {
    let json: Bool
    let plain: PlainText

    func message(_ message: ReceivedMessage) -> String {
        json ? JSONLines.message(message).text : plain.message(message)
    }

    func gap(_ gap: GapNotice) -> String { json ? JSONLines.gap(gap).text : plain.gap(gap) }

    /// Its fingerprint stands on its own screen, and only there.
    func waiting(_ notice: WaitingNotice) -> String {
        "a device waits to be approved: \(InertText.line(notice.name)), since \(plain.moment(notice.time)); with the "
            + "fingerprint on its own screen: chat device approve \(notice.device.hex) --fingerprint dev1:…"
    }

    func replying(to user: UserName, in conversation: ConversationName) -> String {
        switch conversation {
        case .user: "replying to \(user)"
        case .room: "replying to \(user), in \(conversation)"
        case .everyone: "replying to \(user), to all"
        }
    }

    func queued(_ conversation: ConversationName) -> String {
        let name = conversation.user?.text ?? (conversation == .everyone ? "all" : conversation.text)
        return "not connected: the message to \(name) is queued, and goes out later"
    }

    func sent(_ count: Int) -> String {
        count == 1 ? "the queued message was sent" : "\(count) queued messages were sent"
    }

    func change(_ change: REPLAnswer.Change) -> String {
        switch change {
        case .joined(let room): "in #\(room) from now on"
        case .left(let room): "#\(room) was left"
        }
    }

    func history(_ items: [StoredItem]) -> [String] {
        items.map { item in
            switch item {
            case .message(let message): self.message(message)
            case .gap(let gap): self.gap(gap)
            }
        }
    }

    func users(_ list: [AccountStatus], onlineOnly: Bool) -> [String] {
        if json { return list.map { JSONLines.user($0).text } }
        var table = TextTable(header: onlineOnly ? ["USER", "NAME"] : ["USER", "NAME", "SEEN"])
        for status in list {
            table.add([status.account.name.text, status.account.displayName] + (onlineOnly ? [] : [seen(status)]))
        }
        return list.isEmpty ? [] : table.lines
    }

    func rooms(_ list: [RoomSummary]) -> [String] {
        if json { return list.map { JSONLines.roomInfo($0).text } }
        return table(list, RoomTables.rooms, RoomTables.cells)
    }

    func members(_ list: [RoomPerson]) -> [String] {
        if json { return list.map { JSONLines.roomPerson($0).text } }
        return table(list, RoomTables.people, RoomTables.cells)
    }

    private func table<Row>(_ rows: [Row], _ header: [String], _ cells: (Row) -> [String]) -> [String] {
        var table = TextTable(header: header)
        for row in rows { table.add(cells(row)) }
        return rows.isEmpty ? [] : table.lines
    }

    private func seen(_ status: AccountStatus) -> String {
        if status.online { return "online" }
        return status.lastSeen == 0 ? "never" : plain.moment(status.lastSeen)
    }
}
