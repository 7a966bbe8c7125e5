import CLISupport
import GroupRules
import MLS

/// What a device signs with in its account's chain, as it lies in the profile's store.
struct ChainKeys: Equatable, Sendable {
    /// The private key, 32 bytes.
    var secret: [UInt8]
    /// The public key that the chain grants, where the device has made another one by a renewal.
    var granted: [UInt8]?
    /// The renewal that made the key; 0: the chain grants it itself.
    var instance: UInt32 = 0
    /// That renewal, as it is sent.
    var renewal: [UInt8]?

    /// Another device's key, or this one's before it is granted.
    init(granting secret: [UInt8]) { self.secret = secret }

    /// The key of a renewal.
    init(secret: [UInt8], renewal: Renewal, granted: DeviceKey) {
        self.secret = secret
        self.granted = granted.bytes
        instance = renewal.instance
        self.renewal = renewal.wireBytes
    }

    /// As it lay in the store.
    init(secret: [UInt8], granted: [UInt8]?, instance: UInt32, renewal: [UInt8]?) {
        self.secret = secret
        self.granted = granted
        self.instance = instance
        self.renewal = renewal
    }

    /// A new key.
    static func make() throws(Problem) -> ChainKeys { ChainKeys(granting: try newPair().privateKey.bytes) }

    static func newPair() throws(Problem) -> SignatureKeyPair {
        var generator = SystemRandomNumberGenerator()
        do throws(MLSError) {
            return try SignatureKeyPair(suite: .x25519Aes128GcmSha256Ed25519, using: &generator)
        } catch { throw Problem(.internalFault, "cannot make a key: \(error)") }
    }
}
