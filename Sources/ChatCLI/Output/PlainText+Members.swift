import ChatClient
import ChatProtocol

/// Who comes into a conversation and who goes, for people.
extension PlainText {
    func member(_ notice: MemberNotice) -> [String] {
        let place = notice.conversation.room.map { "#\($0)" } ?? "the conversation with \(notice.conversation.text)"
        let by = notice.by?.text ?? "the server"
        let added = people(notice.added)
        let removed = people(notice.removed)
        return switch notice.how {
        case .add: ["* \(by) added \(added) to \(place)"]
        case .remove: ["* \(by) removed \(removed) from \(place)"]
        case .server: ["* \(removed) was removed from \(place)"]
        case .leave: ["* \(by) left \(place)"]
        case .join:
            notice.added.contains { $0.hasOthers } ? ["* \(added) joined \(place)"] : ["* \(by) joined \(place)"]
        }
    }

    /// Users; where somebody is or was there with other devices, it is about one of them.
    private func people(_ devices: [MemberNotice.Device]) -> String {
        var names: [String] = []
        for device in devices {
            let name = device.hasOthers ? "a device of \(device.user)" : device.user.text
            if !names.contains(name) { names.append(name) }
        }
        return names.joined(separator: ", ")
    }
}
