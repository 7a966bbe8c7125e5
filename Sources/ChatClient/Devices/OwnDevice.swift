import CLISupport
import ChatProtocol
import GroupRules
import MLS

/// This device as its account's chain knows it, with the key by which it signs. A secret.
struct OwnDevice: Sendable {
    let place: AccountPlace
    let name: UserName
    let device: DeviceID
    let pair: SignatureKeyPair
    /// The renewal whose key `pair` is; 0: it is the granted one.
    let instance: UInt32
    /// As its fingerprint has it.
    let grantedKey: DeviceKey

    /// - Throws: `damaged_store` (78) where the keys are none.
    init(_ identity: Identity, _ keys: ChainKeys) throws(Problem) {
        place = AccountPlace(server: identity.server, account: identity.account)
        name = identity.name
        device = identity.device
        instance = keys.instance
        do {
            pair = try SignatureKeyPair(suite: .x25519Aes128GcmSha256Ed25519, privateKey: Secret(keys.secret))
        } catch { throw Problem(.damagedStore, "the key of this device is none") }
        guard let granted = DeviceKey(keys.granted ?? pair.publicKey.bytes) else {
            throw Problem(.damagedStore, "the key of this device is none")
        }
        grantedKey = granted
    }

    var fingerprint: DeviceFingerprint {
        DeviceFingerprint(account: place.account, device: device, grantedKey: grantedKey)
    }

    /// What this device asks to be added by, or begins a chain with.
    func grant(_ rights: DeviceRights = []) throws(Problem) -> Grant {
        try Self.signing { () throws(MLSError) in try Grant(device: device, pair: pair, rights: rights, at: place) }
    }

    /// The link that comes next in the chain.
    func link(_ body: LinkBody, in chain: AccountChain?) throws(Problem) -> ChainLink {
        let content = LinkContent(
            place: place, number: chain?.count ?? 0, previous: chain?.head ?? .zero, body: body)
        // What begins a chain is signed by the key that it grants.
        let instance = body.isBeginning ? 0 : instance
        return try Self.signing { () throws(MLSError) in
            try ChainLink(content, by: device, instance: instance, key: pair)
        }
    }

    static func signing<Value>(_ body: () throws(MLSError) -> Value) throws(Problem) -> Value {
        do throws(MLSError) { return try body() } catch {
            throw Problem(.internalFault, "cannot sign: \(error)")
        }
    }
}
