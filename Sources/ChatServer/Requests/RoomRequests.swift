import ChatProtocol
import GroupRules
import Transport
import WireCodec

/// Rooms: made, listed, joined, left. Who is in their groups is decided by commits. Confined to the hub's event loop.
final class RoomRequests {
    private let context: HubContext
    private let writer: BatchWriter
    private let removals: RemovalDesk
    private let deliverer: Deliverer
    private let connections: ConnectionRegistry
    private let quota: StoreQuotaDesk
    private let rates: RateDesk

    init(
        context: HubContext, writer: BatchWriter, removals: RemovalDesk, deliverer: Deliverer,
        connections: ConnectionRegistry, quota: StoreQuotaDesk, rates: RateDesk
    ) {
        self.context = context
        self.writer = writer
        self.removals = removals
        self.deliverer = deliverer
        self.connections = connections
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
        let id = ConversationID.room(name, madeBy: me, request: request.id, on: context.identity.server)
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
        change(.admit(me), in: room, as: request.id) { result in
            switch result {
            case .success(let isNew):
                if isNew { self.connections.tell(MemberChanged(conversation: room, account: me, change: .joined)) }
                self.tell(room, session, correlation)
            case .failure(let failure): session.refuse(correlation, failure)
            }
        }
    }

    /// When it is answered the group waits for who removes the account's devices, and gives them nothing more.
    private func leave(_ request: LeaveRoom, _ session: Session, _ correlation: UInt32) {
        guard let me = session.begin()?.account.id else { return }
        let room = request.conversation
        change(.leave(me), in: room, as: request.id) { result in
            guard case .success(let isNew) = result else {
                return session.finish(correlation, result.map { _ in Done() })
            }
            if isNew { self.connections.tell(MemberChanged(conversation: room, account: me, change: .left)) }
            self.end(room, for: me) { failure in
                if let failure { return session.refuse(correlation, failure) }
                self.removals.look(in: room) { session.finish(correlation, .success(Done())) }
            }
        }
    }

    /// Connections that still catch up get nothing that follows.
    private func end(_ room: ConversationID, for account: AccountID, then: @escaping (Failure?) -> Void) {
        let devices = Set(connections.sessions(of: account).compactMap { $0.identity?.device })
        context.bridge.perform { [store = context.store] () throws(StoreFailure) in
            try await store.standing(of: room, for: .server)
        } then: { result in
            guard case .success(let standing) = result else { return then(Failure(.busy)) }
            for device in devices { self.deliverer.ended(room, after: standing.standing.head, for: device) }
            then(nil)
        }
    }

    /// Changes the account's membership, once a request.
    ///
    /// - Parameter then: is told whether it was not done before.
    private func change(
        _ change: MembershipChange, in room: ConversationID, as request: MessageID,
        then: @escaping (Result<Bool, Failure>) -> Void
    ) {
        guard let id = change.id(of: request) else { return then(.failure(Failure(.internalError))) }
        context.bridge.perform { [store = context.store] () throws(StoreFailure) in
            try await store.roomName(of: room) != nil
        } then: { isRoom in
            guard case .success(true) = isRoom else {
                return then(isRoom.mapError(self.context.failure).flatMap { _ in .failure(Failure(.noSuchRoom)) })
            }
            // By the server, for an account that is no member any more is still answered.
            var bundle = Bundle(id, in: room, sender: .server, device: DeviceReader.server.device)
            bundle.members = [change]
            self.writer.add(
                .bundle(bundle),
                .call { outcome in
                    switch outcome {
                    case .success(.changed(_, let duplicate)): then(.success(!duplicate))
                    case .success(.refused(let failure)), .failure(let failure): then(.failure(failure))
                    case .success: then(.failure(Failure(.internalError)))
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
    fileprivate func id(of request: MessageID) -> MessageID? {
        switch self {
        case .admit(let account):
            .version8(digest: SHA256.hash(Array("join".utf8) + account.bytes + request.bytes))
        case .leave(let account):
            .version8(digest: SHA256.hash(Array("leave".utf8) + account.bytes + request.bytes))
        case .join, .enter, .lose: nil
        }
    }
}
