import ChatProtocol
import WireCodec

extension Hub {
    /// Gives a frame of a connection that is logged in to whoever handles its kind.
    func dispatch(_ frame: RawFrame, _ session: Session) throws(WireError) {
        let correlation = frame.correlation
        if let kind = frame.frameKind, let refusal = charge(kind, session) {
            return session.send(refusal, correlation: correlation)
        }
        switch frame.frameKind {
        case .acknowledge: acknowledge(try frame.decode(), session)
        case .append: append(try frame.decode(), session, correlation)
        case .markRead: markRead(try frame.decode(), session)
        case .ping:
            let _: Ping = try frame.decode()
            session.send(Pong(time: clock.wall()), correlation: correlation)
        case .subscribe: subscribe(try frame.decode(), session, correlation)
        case .queryReceipts: queryReceipts(try frame.decode(), session, correlation)
        case .openConversation: openConversation(try frame.decode(), session, correlation)
        case .lookUpAccounts: lookUp(try frame.decode(LookUpAccounts.self), session, correlation)
        case .lookUpConversations: lookUp(try frame.decode(LookUpConversations.self), session, correlation)
        case .listAccounts: listAccounts(try frame.decode(), session, correlation)
        case .listDevices:
            let _: ListDevices = try frame.decode()
            listDevices(session, correlation)
        case .addDevice: addDevice(try frame.decode(), session, correlation)
        case .renameDevice: renameDevice(try frame.decode(), session, correlation)
        case .revokeDevice: revokeDevice(try frame.decode(), session, correlation)
        case .changePassword: changePassword(try frame.decode(), session, correlation)
        default: session.send(Failure(.unexpectedFrame), correlation: correlation)
        }
    }

    /// Charges a request to its account; what refuses it, if anything.
    func charge(_ kind: FrameKind, _ session: Session) -> Failure? {
        guard let cost = RequestCost.of(kind), let account = session.identity?.account.id else { return nil }
        return rates.charge(cost, account, on: session)
    }

    /// Who the session speaks for, for a request whose reply comes later. Nil only where the session has ended.
    func begin(_ session: Session, weight: Int = RequestWeight.lookUp) -> LoggedIn? {
        guard let identity = session.identity, !session.isClosing else { return nil }
        session.requestBegan(weight: weight)
        return identity
    }

    /// Ends such a request with its reply.
    func finish(
        _ session: Session, _ correlation: UInt32, _ result: Result<some FrameBody, Failure>,
        weight: Int = RequestWeight.lookUp
    ) {
        switch result {
        case .success(let body): session.send(body, correlation: correlation)
        case .failure(let failure): session.send(failure, correlation: correlation)
        }
        // Only now: a peer that does not take the reply is not read from, whatever else lets it go on.
        session.requestEnded(weight: weight)
    }

    /// Reads from the store for a request, and ends the request with what `reply` makes of it.
    func read<Value: Sendable>(
        _ session: Session, _ correlation: UInt32, weight: Int,
        _ work: @escaping @Sendable (any Store) async throws(StoreFailure) -> Value,
        reply: @escaping (Value) -> Result<some FrameBody, Failure>
    ) {
        bridge.perform { [store] () throws(StoreFailure) in
            try await work(store)
        } then: { result in
            switch result {
            case .success(let value): self.finish(session, correlation, reply(value), weight: weight)
            case .failure(let error):
                self.finish(session, correlation, Result<Done, _>.failure(self.failure(error)), weight: weight)
            }
        }
    }

    /// What a peer is told when the store could not be read.
    func failure(_ failure: StoreFailure) -> Failure {
        if let refusal = failure.refusal { return refusal }
        log.error("the store could not be read", metadata: ["error": "\(failure)"])
        return Failure(.storeFailed, sentence: "the server could not read its store")
    }
}

/// What a request counts of `Limits.requestsInFlight` until it is answered.
enum RequestWeight {
    /// Bytes of memory that one stands for: an append's reply has 150.
    static let unitBytes = 1 << 10
    static let append = 1
    /// What reads from the store, or works with passwords: one connection may have 32 of them waiting, so that it
    /// does not keep the reading thread to itself.
    static let lookUp = 32
    /// What is answered by a page of `Limits.page` accounts or conversations, which may have 100 KiB.
    static let page = 128
}
