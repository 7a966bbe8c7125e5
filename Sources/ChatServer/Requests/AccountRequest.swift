import ChatProtocol

extension HubContext {
    /// A request that the keeper of accounts carries out.
    ///
    /// - Parameter then: does what follows from it, and replies; a failure is what was not done of that.
    func ask<Value: Sendable, Reply: FrameBody>(
        _ accounts: any AccountService, _ session: Session, _ correlation: UInt32,
        _ work: @escaping @Sendable (any AccountService, LoggedIn) async throws(Failure) -> Value,
        then: @escaping (LoggedIn, Value, _ reply: @escaping (Reply, Failure?) -> Void) -> Void
    ) {
        guard let me = session.begin() else { return }
        bridge.compute { () throws(Failure) in
            try await work(accounts, me)
        } then: { result in
            switch result {
            case .success(let value):
                then(me, value) { reply, failure in
                    session.finish(correlation, failure.map(Result.failure) ?? .success(reply))
                }
            case .failure(let failure): session.refuse(correlation, failure)
            }
        }
    }
}
