import ChatProtocol
import NIOCore

/// Charges accounts for what they ask, and has the connections of those over their rate read more slowly. Confined to
/// the hub's event loop.
final class RateDesk {
    private let loop: any EventLoop
    private let clock: HubClock
    private var limits: MessageQuota.Limits
    private var quotas: [AccountID: MessageQuota] = [:]

    init(loop: any EventLoop, clock: HubClock, settings: HubSettings) {
        self.loop = loop
        self.clock = clock
        limits = MessageQuota.Limits(settings)
    }

    func apply(_ settings: HubSettings) { limits = MessageQuota.Limits(settings) }

    /// One more message of the account. Over its rate the connection is not read for a while; only a debt that is too
    /// large is refused.
    func chargeAppend(_ account: AccountID, toEveryone: Bool, on session: Session) -> Failure? {
        guard limits.messages != nil || (toEveryone && limits.everyone != nil) else { return nil }
        return settle(
            quotas[account, default: MessageQuota()].append(toEveryone: toEveryone, limits: limits, at: now),
            session)
    }

    /// Another request of the account.
    func charge(_ cost: RequestCost, _ account: AccountID, on session: Session) -> Failure? {
        guard limits.messages != nil else { return nil }
        return settle(
            quotas[account, default: MessageQuota()].charge(cost, limits: limits, at: now), session)
    }

    /// A request of whoever the session speaks for, by its kind.
    func charge(_ kind: FrameKind, _ session: Session) -> Failure? {
        guard let cost = RequestCost.of(kind), let account = session.identity?.account.id else { return nil }
        return charge(cost, account, on: session)
    }

    /// What is not stored does not keep the account from the next message to everyone.
    func giveBackEveryone(_ account: AccountID) {
        quotas[account]?.giveBackEveryone(of: limits)
    }

    /// Forgets the accounts that have used nothing lately.
    func forgetRested() {
        guard !quotas.isEmpty else { return }
        let now = now
        quotas = quotas.filter { !$0.value.isFull(at: now) }
    }

    private var now: Ticks { clock.ticks }

    private func settle(_ verdict: MessageQuota.Verdict, _ session: Session) -> Failure? {
        if case .take(let pause) = verdict, pause > .zero {
            session.pause(.rate)
            _ = loop.assumeIsolated().scheduleTask(in: TimeAmount(pause)) {
                session.resume(.rate)
            }
        }
        return verdict.failure
    }
}

extension MessageQuota.Limits {
    init(_ settings: HubSettings) {
        self.init(settings.limits, everyoneIsLimited: !settings.broadcastByAdminsOnly)
    }
}
