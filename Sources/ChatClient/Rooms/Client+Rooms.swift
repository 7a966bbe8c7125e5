import CLISupport
import ChatProtocol
import GroupRules

/// Rooms: made, listed, joined, left.
extension Client {
    /// Who brings this device into the groups of rooms.
    func roomJoiner() async throws(Problem) -> Joiner {
        try await joiner(on: try await connections.requestLink(), through: profile)
    }

    /// Rooms in the order of their names: those that this account is in, or also those that it may join.
    package func rooms(all: Bool) async throws(Problem) -> [RoomSummary] {
        let (link, welcome) = try await loggedInLink()
        await leaveRoomsAgain(on: link, welcome)
        let told = try await roomBook.records(all ? .all : .own, on: link)
        let lost = try await lostRooms(among: told, on: link)
        return try store { store in
            try told.map { try RoomSummary($0, isLost: lost.contains($0.conversation), in: store) }
        }
    }

    /// Closed rooms in which this account has its place by the server's word alone, until somebody commits there: it was begun anew since, and
    /// for the group it is somebody else.
    private func lostRooms(among told: [RoomRecord], on link: Link) async throws(Problem) -> Set<ConversationID> {
        let own = try identity().account
        let suspects = try store { store in
            guard try store.chain(of: own)?.isBegunAnew == true else { return [RoomRecord]() }
            return try told.filter { try $0.isMember && $0.access == .closed && store.isMissing($0) }
        }
        var lost: Set<ConversationID> = []
        for room in suspects {
            let members = try await roomBook.members(of: room.conversation, on: link)
            let devices = members.first { $0.account.id == own }?.devices ?? []
            if devices.isEmpty { lost.insert(room.conversation) }
        }
        return lost
    }

    /// Makes a room, of which this account is the one member and admin; its devices are in it. One that everybody has left is made anew by
    /// whoever was its admin: without the members that it had.
    ///
    /// - Returns: whether it was made anew.
    /// - Throws: `name_taken` (77); `room_changed` (79) where the name was another room's here.
    @discardableResult
    package func createRoom(
        _ name: RoomName, access: GroupPolicy.Access, adders: GroupPolicy.Adders = .admins
    ) async throws(Problem) -> Bool {
        let request = CreateRoom(id: try MessageIdentity.new(now: WallClock.now), name: name.spoken)
        let own = try identity()
        let room: ConversationID
        var isAnew = false
        var isUnfounded = false
        do throws(Problem) {
            let made: Rooms = try await ask(request)
            guard let record = made.rooms.first, record.name == name.spoken, made.rooms.count == 1 else {
                throw Problem(.protocolFault, "the server made another room than the one that was wanted")
            }
            room = record.conversation
            isUnfounded = record.access == .unfounded
            isAnew = !isUnfounded
        } catch {
            guard error.code == ErrorCode.nameTaken.name else { throw error }
            // It was founded before, and the answer was lost.
            guard let known = try store({ try $0.unfinishedRoom(name) }) else {
                throw await roomExists(name, own: own.account)
            }
            room = known
        }
        if room == .room(name, madeBy: own.account, request: request.id, on: own.server) {
            try await giveName(name, to: room)
        }
        try store { store in
            try store.checkRoom(name, room)
            try store.write { try store.forgetLeft(room) }
        }
        if isUnfounded { try await giveUpLost(room) }
        _ = try await roomJoiner().enter(
            room, as: .room(name, founding: .init(adders: adders, access: access, isAnew: isAnew)),
            after: isAnew ? .notInGroup : nil)
        // It begins as it was.
        if isAnew { try await setRoom(name, access: access, adders: adders) }
        return isAnew
    }

    /// What a restore of the server has lost of a room, all but its name, nobody goes on from: it is begun anew. What was written stays.
    private func giveUpLost(_ room: ConversationID) async throws(Problem) {
        let generation = try await loggedInLink().1.generation
        try store { store in
            try store.writeSynced {
                guard let standing = try store.groupStanding(of: room), standing.generation != generation else {
                    return
                }
                try store.leaveGroup(of: room)
            }
        }
    }

    /// With the way in that there is for this account, where the server tells.
    private func roomExists(_ name: RoomName, own: AccountID) async -> Problem {
        var problem = Problem(.nameTaken, "there is a room #\(name) already", conversation: "#\(name)", sent: .no)
        guard let link = try? await connections.requestLink(), let record = try? await roomBook.record(name, on: link)
        else {
            return problem
        }
        if record.isMember {
            problem.text += ", and you are in it"
            problem.advice = .writeToRoom(name.text)
        } else {
            problem.advice = Problem.notAMember(record, own: own).advice
        }
        return problem
    }

    /// Whoever makes a room, and nobody before them, says what the name is from then on: of another that had it the server knows nothing any
    /// more, as behind a restore. What was written there stays.
    private func giveName(_ name: RoomName, to room: ConversationID) async throws(Problem) {
        guard let former = try store({ try $0.pinnedRoom(name) }), former != room else { return }
        try await readRest(former)
        try store { store in
            try store.writeSynced {
                try store.leaveGroup(of: former)
                _ = try store.forgetRoom(name)
            }
        }
    }

    /// Enters an open room, or one that this account is a member or an admin of.
    ///
    /// - Throws: `not_a_member` (77) where somebody has to add it, `too_large` (77).
    package func joinRoom(_ name: RoomName) async throws(Problem) {
        let (link, welcome) = try await loggedInLink()
        await leaveRoomsAgain(on: link, welcome)
        let record = try await roomBook.find(name, on: link)
        if !record.isMember {
            // What is left of a former membership is of no use any more, once it is read.
            try await readRest(record.conversation)
            try store { store in try store.writeSynced { try store.leaveGroup(of: record.conversation) } }
            let request = JoinRoom(
                conversation: record.conversation, id: try MessageIdentity.new(now: WallClock.now))
            do throws(Problem) { let _: Rooms = try await ask(request) } catch {
                switch error.code {
                case ErrorCode.notAMember.name: throw .notAMember(record)
                case ErrorCode.noGroup.name: throw .notFounded(name)
                default: throw error
                }
            }
        }
        try store { store in try store.write { try store.forgetLeft(record.conversation) } }
        let joiner = try await roomJoiner()
        if record.isMember, record.access == .open { try await joiner.joinAgain(record.conversation) }
        do throws(Problem) { _ = try await joiner.enter(record.conversation, as: .room(name)) } catch {
            // It was begun anew, and has its place by the server's word alone.
            guard error.code == ErrorCode.notAMember.name else { throw error }
            throw .notAMember(record, former: joiner.place.own.place.account)
        }
        // A Welcome that waited may be of a time before a removal, of which the log says more.
        _ = try await joiner.enter(record.conversation, as: .room(name), after: .preconditionFailed)
        // Where this device was in it already, and somebody had it forgotten.
        try store { store in
            try store.write { try store.useRoom(name, record.conversation, now: WallClock.now) }
        }
    }

    /// Leaves a room with all devices of this account. When it returns they get nothing of it any more.
    ///
    /// - Returns: whether it was the last of its admins, and others are left.
    /// - Throws: `unreachable` (69), also where it is not left yet since what was written there could not be fetched before.
    @discardableResult
    package func leaveRoom(_ name: RoomName) async throws(Problem) -> Bool {
        let (link, welcome) = try await loggedInLink()
        let room = try await roomBook.conversation(of: name, on: link)
        // A restore of the server has brought it back there.
        if try store({ try $0.hasLeft(room, before: welcome.generation) }) {
            try await roomJoiner().leaveAgain(room)
            if try store({ try $0.heldGroup(of: room).mark == nil }) { return false }
        }
        let own = try await rooms(all: false)
        guard own.contains(where: { $0.name == name }) else {
            throw Problem(.notAMember, "you are not in #\(name)", conversation: "#\(name)", sent: .no)
        }
        try await readToEnd(room, name)
        let wasOnlyAdmin = (try? await isOnlyAdmin(of: name)) ?? false
        let _: Done = try await ask(LeaveRoom(conversation: room, id: try MessageIdentity.new(now: WallClock.now)))
        try store { store in
            try store.writeSynced {
                try store.noteOwnLeft(room, .leave, now: WallClock.now)
                try store.leaveGroup(of: room)
                try store.noteLeft(room, in: welcome.generation)
            }
            store.wake()
        }
        return wasOnlyAdmin
    }

    /// What was written before this device leaves is its own; without the group nobody could open it any more.
    /// What stands in the way of that for good keeps nobody in the room; a connection that was lost does not.
    private func readToEnd(_ room: ConversationID, _ name: RoomName) async throws(Problem) {
        do throws(Problem) {
            let joiner = try await roomJoiner()
            let held = try await joiner.held(room)
            guard held.mark != nil else { return }
            // It was added again: what is sealed for that leaf is read with it.
            if held.isRemoved { _ = try await joiner.enter(room, as: .room(name)) }
            _ = try await joiner.enter(room, as: .room(name), after: .preconditionFailed)
        } catch {
            guard error.exit != .unreachable else { throw error }
            log.info("#\(name) is left without having read all of it: \(error.text)")
        }
    }

    /// What was written in a room before this account was taken out of it, or before it ended, is its own, too.
    private func readRest(_ room: ConversationID) async throws(Problem) {
        do throws(Problem) { try await roomJoiner().readRest(of: room) } catch {
            guard error.exit != .unreachable else { throw error }
            log.info("a room is left behind without having read all of it: \(error.text)")
        }
    }

    /// Forgets whose a room's name is: from then on the one that has it may be used. What was written there stays.
    ///
    /// - Throws: 67 where the name was not used here; `forbidden` (77) of a room that this account is in.
    package func forgetRoom(_ name: RoomName) async throws(Problem) {
        guard let room = try store({ try $0.pinnedRoom(name) }) else {
            throw Problem(
                .noSuchRoom, "no room #\(name) was used here", advice: .seeRooms, conversation: "#\(name)", sent: .no)
        }
        try await readRest(room)
        do throws(Problem) { let _: Done = try await ask(ForgetRoom(conversation: room)) } catch {
            guard error.code == ErrorCode.noSuchRoom.name else {
                throw error.code == ErrorCode.forbidden.name ? .stillMember(of: name) : error
            }
        }
        try store { store in
            try store.writeSynced {
                try store.leaveGroup(of: room)
                _ = try store.forgetRoom(name)
            }
        }
    }

    /// Names of rooms for completion and Tab, from the local store; empty where there is none. Never fails, never connects.
    package func completionRooms() -> [RoomName] {
        (try? storeForReading { try $0.knownRooms(limit: 10_000) }) ?? []
    }
}

extension Problem {
    fileprivate static func stillMember(of name: RoomName) -> Problem {
        Problem(
            .forbidden, "you are in #\(name)", advice: .leaveRoom(name.text), conversation: "#\(name)", sent: .no)
    }
}
