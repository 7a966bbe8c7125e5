import ChatProtocol

/// Tells a device of the Welcomes that have waited for it while it was away. Confined to the hub's event loop.
final class WelcomeDesk {
    /// Of those that are more it hears when it comes again.
    private static let most = 1_000

    private let context: HubContext

    init(context: HubContext) { self.context = context }

    /// A connection has subscribed.
    func came(_ session: Session, _ device: DeviceID) {
        context.bridge.perform { [store = context.store] () throws(StoreFailure) in
            try await store.welcomes(for: device, limit: Self.most)
        } then: { result in
            guard case .success(let waiting) = result, !session.isClosing, session.subscription != nil else { return }
            for conversation in waiting { session.send(GroupWelcome(conversation: conversation)) }
        }
    }
}
