import ChatProtocol
import Transport

/// Checks the signatures by which devices show that they hold their keys. A check costs 0.1 ms: not on the hub's loop.
package enum DeviceProof {
    /// The keys of a description, once each is proved to be held by whoever is at the other end of the connection.
    ///
    /// - Throws: `badProof`; `malformed` where two keys have the same purpose and algorithm.
    package static func keys(
        of description: DeviceDescription, binding: ConnectionBinding
    ) throws(Failure) -> [DeviceKey] {
        var keys: [DeviceKey] = []
        for registration in description.keys {
            guard !keys.contains(where: { $0.isSameSlot(as: registration) }) else {
                throw Failure(.malformed, sentence: "a device has one key a purpose and algorithm")
            }
            guard isProven(registration, binding: binding) else { throw Failure(.badProof) }
            keys.append(
                DeviceKey(
                    purpose: registration.purpose, algorithm: registration.algorithm, publicKey: registration.publicKey)
            )
        }
        return keys
    }

    /// Whether whoever is at the other end of the connection holds this key.
    package static func isProven(_ registration: KeyRegistration, binding: ConnectionBinding) -> Bool {
        let proof = KeyProof(
            purpose: registration.purpose, algorithm: registration.algorithm, publicKey: registration.publicKey,
            binding: binding)
        return VerifyingKey(rawRepresentation: registration.publicKey)?.verify(registration.proof, of: proof.wireBytes)
            ?? false
    }

    /// Whether a login is signed by this key, for this connection.
    package static func isSigned(_ request: LoginByDevice, by key: [UInt8], binding: ConnectionBinding) -> Bool {
        let proof = LoginProof(
            account: request.account, device: request.device, number: request.number, binding: binding)
        return VerifyingKey(rawRepresentation: key)?.verify(request.signature, of: proof.wireBytes) ?? false
    }
}

extension DeviceKey {
    fileprivate func isSameSlot(as other: KeyRegistration) -> Bool {
        purpose == other.purpose && algorithm == other.algorithm
    }
}
