import CLISupport
import ChatProtocol
import GroupRules
import MLS

/// Where and as whom this device is in groups: the server in this life of its store, and its own keys. A secret.
struct GroupPlace: Sendable {
    static let suite = CipherSuite.x25519Aes128GcmSha256Ed25519

    let own: OwnDevice
    /// This account's chain, in which this device is active.
    let chain: AccountChain
    let generation: StoreGeneration
    /// The server's key for groups.
    let groupKey: SignaturePublicKey
    /// Bytes that a Welcome may have here; the tree goes with it where it fits.
    var welcomeBytes = ChatProtocol.Limits.groupWelcome

    var server: ServerID { own.place.server }
    var judge: GroupJudge { GroupJudge(server: server, groupKey: groupKey) }
    var party: Party { Party(account: own.place.account, root: chain.root) }

    /// How this device presents itself.
    func identity() throws(Problem) -> MemberIdentity {
        guard let certificate = chain.certificate(of: own.device) else { throw Problem(.devicePending, sent: .no) }
        return try Self.wrap { () throws(MLSError) in
            try MemberIdentity(
                DeviceCredential(party: party, device: own.device), certificate, key: own.pair)
        }
    }

    /// Of what this device makes itself: MLS refuses nothing of it.
    static func wrap<Value>(_ body: () throws(MLSError) -> Value) throws(Problem) -> Value {
        do throws(MLSError) { return try body() } catch {
            throw Problem(.internalFault, "a group cannot be made: \(error)")
        }
    }
}
