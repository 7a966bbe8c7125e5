import ChatProtocol
import MLS
import WireCodec

extension GroupPolicy {
    /// The extensions of a group's context: the policy, what every leaf must understand, and the server as the one outsider who may
    /// propose.
    package func extensions(groupKey: SignaturePublicKey) throws(MLSError) -> Extensions {
        try Extensions([
            .requiredCapabilities(Self.requiredCapabilities),
            .externalSenders([Self.externalSender(server, groupKey)]),
            mlsExtension,
        ])
    }

    static let requiredCapabilities = RequiredCapabilities(
        extensionTypes: [.deviceCertificate, .chatPolicy], credentialTypes: [.basic])

    package static func externalSender(_ server: ServerID, _ key: SignaturePublicKey) -> ExternalSender {
        ExternalSender(signatureKey: key, credential: .basic(identity: server.bytes))
    }

    /// Takes the policy of a context, whose extensions must be these three and no other, and whose group id must be the policy's.
    package init(_ context: GroupContext) throws(RuleViolation) {
        try self.init(context.extensions)
        try require(
            context.groupId == group.groupId && context.cipherSuite == .x25519Aes128GcmSha256Ed25519, .j4, .notAllowed,
            "a group of another id or suite than its policy's")
    }

    init(_ extensions: Extensions) throws(RuleViolation) {
        guard let data = extensions[.chatPolicy] else {
            throw RuleViolation(.j4, .notAllowed, "a group without a policy")
        }
        try require(
            data.first == Self.version, .j4, .unsupportedVersion,
            "a policy of version \(data.first ?? 0); this program knows version \(Self.version)")
        guard let policy = try? GroupPolicy(wireBytes: data) else {
            throw RuleViolation(.j4, .notAllowed, "a policy that cannot be read")
        }
        try require(
            extensions.types == [.requiredCapabilities, .externalSenders, .chatPolicy]
                && extensions[.requiredCapabilities] == Self.requiredCapabilities.wireBytes, .j4, .notAllowed,
            "a context with other extensions than these")
        guard let senders = extensions[.externalSenders],
            let list = try? ExternalSenders(wireBytes: senders).list, list.count == 1
        else { throw RuleViolation(.j4, .notAllowed, "not exactly one who may propose from outside") }
        self = policy
        try policy.checkDirect()
    }

    /// The conversation of two accounts follows from them.
    private func checkDirect() throws(RuleViolation) {
        guard case .direct(let parties) = kind, let first = parties.first, let last = parties.last else { return }
        try require(
            group.conversation == .direct(first.account, last.account, on: server), .j4, .notAllowed,
            "a direct conversation that is not of its parties")
    }
}

extension GroupContext {
    /// From where the next incarnation of a group goes on.
    package func asPrevious(of group: GroupName) -> GroupPolicy.Previous {
        GroupPolicy.Previous(
            incarnation: group.incarnation, epoch: Epoch(epoch), confirmedTranscriptHash: confirmedTranscriptHash)
    }
}
