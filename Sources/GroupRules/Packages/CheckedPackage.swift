import ChatProtocol
import MLS

/// A key package of a device, checked by everything that its account's chain and the clock say of it (K3): by the server before it
/// keeps one, by whoever adds the device before it encrypts to it.
package struct CheckedPackage: Hashable, Sendable {
    package let keyPackage: KeyPackage
    package let device: DeviceID
    /// By which a Welcome names it.
    package let reference: [UInt8]
    /// The key that opens its Welcome.
    package let initKey: [UInt8]
    package let expires: Timestamp

    /// - Parameters:
    ///   - device: whose it must be.
    ///   - chain: the account's, verified.
    ///   - days: for how long it may be good at most.
    package init(
        _ bytes: [UInt8], of device: DeviceID, in chain: AccountChain, days: Int, at now: Timestamp
    ) throws(RuleViolation) {
        let keyPackage = try Self.wrap { () throws(MLSError) in try KeyPackage(decoding: bytes) }
        try require(keyPackage.encoded == bytes, .k3, .notAllowed, "another form than its own")
        try require(
            keyPackage.cipherSuite == .x25519Aes128GcmSha256Ed25519 && keyPackage.extensions == .none, .k3, .notAllowed,
            "another suite, or an extension")
        try Self.checkLeaf(keyPackage.leafNode, of: device, in: chain)
        guard case .keyPackage(let lifetime) = keyPackage.leafNode.source else {
            throw RuleViolation(.k3, .notAllowed, "a leaf that is no key package's")
        }
        let seconds = now.milliseconds / 1_000
        try Self.wrap { () throws(MLSError) in try keyPackage.validate(now: seconds) }
        // The library has checked that it ends after it begins.
        try require(
            seconds < lifetime.notAfter && lifetime.notAfter - lifetime.notBefore <= UInt64(days) * 86_400, .k3,
            .notAllowed, "good for more than \(days) days, or no more")
        self.keyPackage = keyPackage
        self.device = device
        reference = try Self.wrap { () throws(MLSError) in try keyPackage.reference() }
        initKey = keyPackage.initKey.bytes
        expires = Timestamp(milliseconds: lifetime.notAfter.multipliedReportingOverflow(by: 1_000).partialValue)
    }

    /// What it says of itself is what the chain says now: the certificate byte for byte, so that its signatures are known, and the key of
    /// the highest instance.
    private static func checkLeaf(
        _ leaf: LeafNode, of device: DeviceID, in chain: AccountChain
    ) throws(RuleViolation) {
        let claimed = try ClaimedLeaf(leaf)
        try require(
            claimed.party == Party(account: chain.place.account, root: chain.root)
                && claimed.credential.device == device, .k3, .notAllowed, "of another account, root or device")
        guard let known = chain.devices[device], let certificate = chain.certificate(of: device) else {
            throw RuleViolation(.k3, .notAllowed, "the device is not active in its account's chain")
        }
        try require(
            claimed.certificate == certificate && known.key(of: known.instance)?.signatureKey == claimed.key, .k3,
            .invalidLink, "another certificate or key than the chain's")
        let can = leaf.capabilities
        try require(
            can.extensions.contains(.deviceCertificate) && can.extensions.contains(.chatPolicy)
                && can.credentials.contains(.basic), .k3, .notAllowed, "of a device that cannot be in groups here")
    }

    private static func wrap<Value>(_ body: () throws(MLSError) -> Value) throws(RuleViolation) -> Value {
        do throws(MLSError) {
            return try body()
        } catch {
            throw RuleViolation(.k3, .notAllowed, "\(error)")
        }
    }
}
