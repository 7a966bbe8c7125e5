import ChatProtocol
import WireCodec

/// Takes messages. Confined to the hub's event loop.
final class AppendRequests {
    private let context: HubContext
    private let writer: BatchWriter
    private let rates: RateDesk
    private let quota: StoreQuotaDesk
    private let draining: Draining
    private let asker: CommitAsker

    init(
        context: HubContext, writer: BatchWriter, rates: RateDesk, quota: StoreQuotaDesk, draining: Draining,
        asker: CommitAsker
    ) {
        self.context = context
        self.writer = writer
        self.rates = rates
        self.quota = quota
        self.draining = draining
        self.asker = asker
    }

    /// Checks what can be checked without the store, and puts it into the batch that forms: also one that is
    /// not to be stored, for it may have been stored before.
    func append(_ request: Append, _ session: Session, _ correlation: UInt32) {
        if let refusal = refusal(of: request) { return session.send(refusal, correlation: correlation) }
        guard let identity = session.identity else { return }
        var bundle = Bundle(request, sender: identity.account.id, device: identity.device)
        if let objection = objection(to: bundle, session, identity.account) { bundle.object(objection) }
        asker.passes(session, in: bundle.conversation)
        session.requestBegan(weight: RequestWeight.append)
        writer.append(bundle, of: session, correlation, wantReceipt: request.wantReceipt)
        writer.pauseIfFull(session, in: bundle.conversation)
    }

    /// What no append may be, whatever was stored before.
    private func refusal(of request: Append) -> Failure? {
        if draining.isDraining { return Failure(.shuttingDown) }
        // What is plain is taken from nobody; handshakes come with what belongs to them, and are judged.
        guard request.payloadKind == PayloadKind.message.rawValue else { return Failure(.unknownPayloadKind) }
        if request.payload.count > Limits.payload { return Failure(.payloadTooLarge) }
        return nil
    }

    /// What the server has against storing it now. The rate comes first: a refusal costs work, too.
    private func objection(to bundle: Bundle, _ session: Session, _ account: AccountRecord) -> Failure? {
        let toEveryone = bundle.conversation == context.everyone
        if let failure = rates.chargeAppend(account.id, toEveryone: toEveryone, on: session) { return failure }
        let bytes = StoreQuota.bytes(ofPayload: bundle.payloadBytes)
        guard let failure = notAllowed(bundle, account) ?? quota.verdict(adding: bytes, for: account.id).failure
        else { return nil }
        if toEveryone { rates.giveBackEveryone(account.id) }
        return failure
    }

    private func notAllowed(_ bundle: Bundle, _ account: AccountRecord) -> Failure? {
        guard bundle.conversation == context.everyone, context.settings.broadcastByAdminsOnly,
            !account.flags.contains(.administrator)
        else { return nil }
        return Failure(.forbidden, sentence: "only administrators may write to everyone on this server")
    }
}
