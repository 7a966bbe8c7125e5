import CLISupport
import ChatProtocol
import GroupRules
import MLS
import TestSupport
import Testing

@testable import ChatClient

/// A member of a room whose program does not keep to the rules: what it makes goes to the server as it is.
struct HostileMember {
    let client: Client
    let link: ChatClient.Link
    let joiner: Joiner
    let room: ConversationID
    let name: RoomName

    /// Somebody who is in the room.
    init(_ person: Person, in name: RoomName) async throws {
        client = try person.client()
        link = try await client.loggedInLink().0
        joiner = try await client.joiner(on: link)
        self.name = name
        room = try #require(try await client.withStore { try $0.pinnedRoom(name) })
        try await reads()
    }

    func reads() async throws {
        _ = try await joiner.enter(room, as: .room(name))
        _ = try await joiner.enter(room, as: .room(name), after: .preconditionFailed)
    }

    /// Its membership, which may be changed to anything; and where it stands.
    func group() async throws -> (Group, ConversationPosition) {
        let (room, judge) = (room, joiner.place.judge)
        let held = try await client.withStore { store -> (Group, ConversationPosition)? in
            guard let standing = try store.groupStanding(of: room) else { return nil }
            let group = try Group.load(standing.group.groupId, from: store.groupRows, judge: judge)
            return (group, standing.position(epoch: Epoch(group.epoch)))
        }
        return try #require(held)
    }

    /// Key packages of somebody, taken as everybody takes them.
    func packages(of person: Person) async throws -> [KeyPackage] {
        let account = try await person.client().identity().account
        return try await joiner.packagesToAdd(of: .init(account: account, name: person.name), in: room)
    }

    /// Makes a commit that nobody else has to like.
    static func commit(
        _ options: CommitOptions, in group: Group
    ) throws -> (group: Group, pending: PendingCommit) {
        var group = group
        var generator = SystemRandomNumberGenerator()
        let pending = try group.commit(options, now: nil, judge: AcceptAll(), using: &generator)
        try group.mergePending()
        return (group, pending)
    }

    func sends(
        _ commit: [UInt8], _ info: [UInt8], welcome: [UInt8] = [], at position: ConversationPosition
    ) async throws(Problem) {
        let _: Appended = try await link.request(
            ChatProtocol.Commit(
                conversation: room, id: try MessageIdentity.new(now: WallClock.now), position: position,
                handshake: commit, groupInfo: info, welcome: welcome))
    }
}

/// People in a room with a hostile member.
extension HostileScene {
    /// Alice's room, in which members add; mallory is in it, and carol can be added.
    static func room(
        _ server: TestServer
    ) async throws -> (alice: Person, mallory: Person, carol: Person, name: RoomName) {
        let alice = try await Person.registered("alice", at: server)
        let mallory = try await Person.registered("mallory", at: server)
        let carol = try await Person.registered("carol", at: server)
        for person in [mallory, carol] { try await person.client().leavesPackages() }
        let name = try #require(RoomName("ops"))
        try await alice.client().createRoom(name, access: .closed, adders: .members)
        #expect(try await alice.client().add([mallory.name], to: name).allSatisfy { $0.problem == nil })
        try await mallory.client().joinRoom(name)
        return (alice, mallory, carol, name)
    }

    static func write(_ body: String, from person: Person, to room: RoomName) async throws -> Problem? {
        try await person.client().send(
            [OutgoingMessage(conversation: .room(room.spoken), body: body)], options: SendOptions(timeout: .patience)
        ).first?.problem
    }
}
