import ChatProtocol

/// Tells a device of the Welcomes that have waited for it while it was away. Confined to the hub's event loop.
final class WelcomeDesk {
    /// Of those that are more it hears when it comes again.
    private static let most = 1_000

    private let context: HubContext

    init(context: HubContext) { self.context = context }

    /// A connection has subscribed.
    ///
    /// - Parameter then: is called when it was told.
    func came(_ session: Session, _ device: DeviceID, then: @escaping () -> Void) {
        context.bridge.perform { [store = context.store] () throws(StoreFailure) in
            try await store.welcomes(for: device, limit: Self.most)
        } then: { result in
            guard !session.isClosing, session.subscription != nil else { return }
            for conversation in (try? result.get()) ?? [] { session.send(GroupWelcome(conversation: conversation)) }
            then()
        }
    }
}
