import CLISupport
import ChatProtocol
import GroupRules
import TestSupport
import Testing

@testable import ChatClient

/// What a process does.
enum Action: Sendable, CustomStringConvertible {
    case write(Simulation.Message)
    case sync
    case revoke(DeviceID, String)
    case create(RoomName, GroupPolicy.Access)
    case add(UserName, RoomName)
    case remove(UserName, RoomName)
    case join(RoomName)
    case leave(RoomName)
    case set(RoomName, GroupPolicy.Access)
    case forget(RoomName)
    case accept(UserName)
    case goOn(ConversationName)

    var description: String {
        switch self {
        case .write(let message): "writes \(message.number) to \(message.target)"
        case .sync: "reads"
        case .revoke(_, let name): "revokes \(name)"
        case .create(let room, let access): "makes #\(room), \(access)"
        case .add(let user, let room): "adds \(user) to #\(room)"
        case .remove(let user, let room): "removes \(user) from #\(room)"
        case .join(let room): "joins #\(room)"
        case .leave(let room): "leaves #\(room)"
        case .set(let room, let access): "makes #\(room) \(access)"
        case .forget(let room): "forgets #\(room)"
        case .goOn(let target): "goes on with \(target.text) in spite of its two histories"
        case .accept(let user): "accepts \(user)'s key"
        }
    }

    var body: SimulatedProcess.Body {
        { (client) async throws(Problem) in try await perform(by: client) }
    }

    private func perform(by client: Client) async throws(Problem) -> String {
        switch self {
        case .write(let message): return try await write(message, by: client)
        case .sync: try await client.sync(patience: .seconds(60))
        case .revoke(let device, _):
            _ = try await client.revokeDevice(
                device.hex, force: true, password: { () throws(Problem) in Person.password })
        case .create(let room, let access): try await client.createRoom(room, access: access)
        case .add(let user, let room): try await Self.only(client.add([user], to: room))
        case .remove(let user, let room): try await Self.only(client.remove([user], from: room))
        case .join(let room): try await client.joinRoom(room)
        case .leave(let room): try await client.leaveRoom(room)
        case .set(let room, let access): try await client.setRoom(room, access: access, adders: nil)
        case .forget(let room): try await client.forgetRoom(room)
        case .goOn(let target): _ = try await client.acceptFork(in: target)
        case .accept(let user):
            let key = try await client.key(of: user)
            guard let present = key.present else { return "it is the same" }
            _ = try await client.acceptKey(of: user, present)
        }
        return "done"
    }

    private static func only(_ changes: [RoomChange]) throws(Problem) {
        if let problem = changes.first?.problem { throw problem }
    }

    private func write(_ message: Simulation.Message, by client: Client) async throws(Problem) -> String {
        let outgoing = OutgoingMessage(conversation: message.target, body: message.body, key: message.key)
        let sent = await client.send([outgoing], options: SendOptions(timeout: message.patience))
        guard let end = sent.first else { return "nothing" }
        if let problem = end.problem { throw problem }
        return "accepted as \(end.seq.map { "\($0.value)" } ?? "?")"
    }
}

extension Simulation {
    /// The world as it is after an action.
    func heard(_ end: Result<String, Problem>?, of action: Action, on device: SimulatedDevice) async throws {
        switch (action, end) {
        case (.write(let message), .success):
            messages[message.number].state = .accepted
            messages[message.number].acceptedAt = steps
        case (.write(let message), .failure(let problem)) where problem.sent == .no:
            if !messages[message.number].isInDoubt { messages[message.number].state = .refused }
        case (.write(let message), _): messages[message.number].isInDoubt = true
        case (.revoke(let revoked, _), .success):
            try await noteRevoked([revoked], of: device.account)
            noteWhoCutOff(revoked, device)
        // Behind a restore it may have come in first.
        case (.leave, .success): try await begins(action, of: device.account)
        // One whose maker was killed or lost the answer is finished by whoever writes there.
        case (.create(let room, _), let end):
            if case .failure(let problem) = end, problem.sent == .no { break }
            if !rooms.contains(room) { rooms.append(room) } else { hasRoomsAnew = true }
        default: break
        }
    }

    /// What counts from when it is tried.
    func begins(_ action: Action, of account: UserName) async throws {
        guard case .leave(let room) = action else { return }
        let logs = try await logs()
        guard let conversation = logs.rooms[room.text], let course = logs.courses[conversation] else { return }
        leavings.append((account, conversation, course.head))
    }

    func noteRevoked(_ revoked: Set<DeviceID>, of name: UserName) async throws {
        try await noteAbsent(revoked, of: name)
        guard var person = people[name] else { return }
        for index in person.devices.indices where revoked.contains(person.devices[index].id) {
            person.devices[index].hasEnded = true
        }
        people[name] = person
    }

    func noteAbsent(_ absent: Set<DeviceID>, of name: UserName) async throws {
        let heads = try await logs().courses.mapValues(\.head)
        guard var person = people[name] else { return }
        for index in person.devices.indices where absent.contains(person.devices[index].id) {
            guard person.devices[index].isPresent else { continue }
            person.devices[index].absences.append(Absence(since: heads))
        }
        people[name] = person
    }

    func newMessage(of sender: UserName, to target: ConversationName) -> Message {
        let message = Message(number: messages.count, sender: sender, target: target, patience: patience)
        messages.append(message)
        return message
    }

    func logs() async throws -> ServerLogs {
        let client = try #require(people.values.first?.devices.first?.place).client()
        let judge = try await client.withStore { store in
            GroupJudge(
                server: try #require(try store.identity()).server, groupKey: try #require(try store.groupKey()))
        }
        return try ServerLogs(server.storeFile, life.foundings, judge)
    }
}
