import ChatProtocol
import GroupRules
import Transport
import WireCodec

/// Rooms: made, listed, joined, left. Who is in their groups is decided by commits. Confined to the hub's event loop.
final class RoomRequests {
    private let context: HubContext
    private let writer: BatchWriter
    private let removals: RemovalDesk
    private let quota: StoreQuotaDesk
    private let rates: RateDesk

    init(
        context: HubContext, writer: BatchWriter, removals: RemovalDesk, quota: StoreQuotaDesk,
        rates: RateDesk
    ) {
        self.context = context
        self.writer = writer
        self.removals = removals
        self.quota = quota
        self.rates = rates
    }

    func handle(_ frame: RawFrame, _ session: Session) throws(WireError) {
        let correlation = frame.correlation
        switch frame.frameKind {
        case .createRoom: create(try frame.decode(), session, correlation)
        case .listRooms: list(try frame.decode(), session, correlation)
        case .joinRoom: join(try frame.decode(), session, correlation)
        case .leaveRoom: leave(try frame.decode(), session, correlation)
        case .forgetRoom: forget(try frame.decode(), session, correlation)
        case .roomMembers: members(try frame.decode(), session, correlation)
        default: session.send(Failure(.unexpectedFrame), correlation: correlation)
        }
    }

    // MARK: Made and found

    private func create(_ request: CreateRoom, _ session: Session, _ correlation: UInt32) {
        guard let me = session.begin()?.account.id else { return }
        guard quota.hasRoom(for: StoreQuota.rowsBytes) else {
            return session.refuse(correlation, Failure(.storeFull))
        }
        if let refusal = rates.charge(.newConversation, me, on: session) {
            return session.refuse(correlation, refusal)
        }
        let name = RoomName(request.name)
        let id = ConversationID.room(name, madeBy: me, request: request.id, on: context.server)
        writer.add(
            .openRoom(id, name, by: me),
            .call { outcome in
                switch outcome {
                case .success(.opened(let info, _, _)): self.tell(info.id, session, correlation)
                case .success(.refused(let failure)), .failure(let failure): session.refuse(correlation, failure)
                case .success: session.refuse(correlation, Failure(.internalError))
                }
            })
    }

    /// Answers with the room as it is now.
    private func tell(_ room: ConversationID, _ session: Session, _ correlation: UInt32) {
        guard let me = session.identity?.account.id else { return }
        context.bridge.perform { [store = context.store] () throws(StoreFailure) in
            try await store.rooms(.of(room), for: me, limit: 1)
        } then: { result in
            session.finish(correlation, result.mapError(self.context.failure).map { Rooms(rooms: $0) })
        }
    }

    private func list(_ request: ListRooms, _ session: Session, _ correlation: UInt32) {
        guard let me = session.begin(weight: RequestWeight.page)?.account.id else { return }
        let selection = RoomSelection(request)
        context.bridge.perform { [store = context.store] () throws(StoreFailure) in
            try await store.rooms(selection, for: me, limit: Limits.roomsPage + 1)
        } then: { result in
            let reply = result.mapError(self.context.failure).map { rooms in
                Rooms(rooms: Array(rooms.prefix(Limits.roomsPage)), more: rooms.count > Limits.roomsPage)
            }
            session.finish(correlation, reply, weight: RequestWeight.page)
        }
    }

    private func members(_ request: RoomMembers, _ session: Session, _ correlation: UInt32) {
        guard let me = session.begin(weight: RequestWeight.page)?.account.id else { return }
        context.bridge.perform { [store = context.store] () throws(StoreFailure) in
            try await store.members(
                of: request.conversation, for: me, after: request.after, limit: Limits.page + 1)
        } then: { result in
            let reply = result.mapError(self.context.failure).map { members in
                Members(
                    conversation: request.conversation, members: Array(members.prefix(Limits.page)),
                    more: members.count > Limits.page)
            }
            session.finish(correlation, reply, weight: RequestWeight.page)
        }
    }

    // MARK: Coming and going

    private func join(_ request: JoinRoom, _ session: Session, _ correlation: UInt32) {
        guard let me = session.begin()?.account.id else { return }
        let room = request.conversation
        change(.admit(me), in: room, as: request.id) { failure in
            if let failure { return session.refuse(correlation, failure) }
            self.tell(room, session, correlation)
        }
    }

    /// When it is answered the group waits for who removes the account's devices, and gives them nothing more.
    private func leave(_ request: LeaveRoom, _ session: Session, _ correlation: UInt32) {
        guard let me = session.begin()?.account.id else { return }
        let room = request.conversation
        change(.leave(me), in: room, as: request.id) { failure in
            if let failure { return session.refuse(correlation, failure) }
            self.removals.look(in: room) { session.finish(correlation, $0.map(Result.failure) ?? .success(Done())) }
        }
    }

    /// Changes the account's membership, once a request.
    ///
    /// - Parameter then: is told why not, when it is not done.
    private func change(
        _ change: MembershipChange, in room: ConversationID, as request: MessageID, then: @escaping (Failure?) -> Void
    ) {
        guard let id = change.id(of: request) else { return then(Failure(.internalError)) }
        context.bridge.perform { [store = context.store] () throws(StoreFailure) in
            try await store.roomName(of: room) != nil
        } then: { isRoom in
            switch isRoom {
            case .success(true): break
            case .success(false): return then(Failure(.noSuchRoom))
            case .failure(let failure): return then(self.context.failure(failure))
            }
            // By the server, for an account that is no member any more is still answered.
            var bundle = Bundle(id, in: room, sender: .server, device: DeviceReader.server.device)
            bundle.members = [change]
            self.writer.add(
                .bundle(bundle),
                .call { outcome in
                    switch outcome {
                    case .success(.changed): then(nil)
                    case .success(.refused(let failure)), .failure(let failure): then(failure)
                    case .success: then(Failure(.internalError))
                    }
                })
        }
    }

    private func forget(_ request: ForgetRoom, _ session: Session, _ correlation: UInt32) {
        guard let me = session.begin()?.account.id else { return }
        writer.add(
            .forgetRoom(request.conversation, by: me),
            .call { outcome in
                switch outcome {
                case .success(.done): session.finish(correlation, .success(Done()))
                case .success(.refused(let failure)), .failure(let failure): session.refuse(correlation, failure)
                case .success: session.refuse(correlation, Failure(.internalError))
                }
            })
    }
}

extension RoomSelection {
    fileprivate init(_ request: ListRooms) {
        let name = request.name.map { RoomName($0) }
        switch (request.scope, name) {
        case (.named, let name?): self = .named(name)
        case (.all, _): self = .all(after: name)
        default: self = .own(after: name)
        }
    }
}

extension MembershipChange {
    /// The identifier of the bundle by which the server makes the change for an account that asks for it: no two accounts have the same.
    /// Coming and going have: of the two the first under an identifier counts.
    fileprivate func id(of request: MessageID) -> MessageID? {
        switch self {
        case .admit(let account), .leave(let account):
            .version8(digest: SHA256.hash(Array("room".utf8) + account.bytes + request.bytes))
        case .join, .enter, .lose: nil
        }
    }
}
