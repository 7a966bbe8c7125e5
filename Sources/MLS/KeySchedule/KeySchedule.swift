import WireCodec

/// The secrets of an epoch that a member keeps (RFC 9420 §8). The epoch, joiner and welcome secrets and the encryption secret are
/// not among them: they are consumed as soon as they were used.
package struct EpochSecrets: Sendable {
    package var senderDataSecret: Secret
    package var exporterSecret: Secret
    package var externalSecret: Secret
    package var confirmationKey: Secret
    package var membershipKey: Secret
    package var resumptionPSK: Secret
    package var epochAuthenticator: Secret
    package var initSecret: Secret
}

/// What the key schedule makes of an epoch's inputs.
package struct KeySchedule: Sendable {
    /// For Welcome messages of this very commit.
    package let joinerSecret: Secret
    package let welcomeSecret: Secret
    /// The root of the secret tree, to be consumed by it.
    package let encryptionSecret: Secret
    package let secrets: EpochSecrets

    /// RFC 9420 §8, from the init secret of the epoch before.
    package init(
        _ algorithms: Algorithms, initSecret: Secret, commitSecret: Secret, pskSecret: Secret, context: [UInt8]
    ) {
        let extracted = algorithms.extract(salt: initSecret, ikm: commitSecret)
        self.init(
            algorithms, joinerSecret: algorithms.expand(extracted, label: "joiner", context: context),
            pskSecret: pskSecret, context: context)
    }

    /// RFC 9420 §8, from the joiner secret of a Welcome.
    package init(_ algorithms: Algorithms, joinerSecret: Secret, pskSecret: Secret, context: [UInt8]) {
        self.joinerSecret = joinerSecret
        let member = algorithms.extract(salt: joinerSecret, ikm: pskSecret)
        welcomeSecret = algorithms.derive(member, "welcome")
        let epoch = algorithms.expand(member, label: "epoch", context: context)
        encryptionSecret = algorithms.derive(epoch, "encryption")
        secrets = EpochSecrets(algorithms, epochSecret: epoch)
    }

    /// RFC 9420 §11: the first epoch of a group, from a random epoch secret.
    package init(_ algorithms: Algorithms, epochSecret: Secret) {
        joinerSecret = .zero(0)
        welcomeSecret = .zero(0)
        encryptionSecret = algorithms.derive(epochSecret, "encryption")
        secrets = EpochSecrets(algorithms, epochSecret: epochSecret)
    }

    /// The welcome secret alone: it must be known before the group context is (RFC 9420 §12.4.3.1).
    package static func welcomeSecret(_ algorithms: Algorithms, joinerSecret: Secret, pskSecret: Secret) -> Secret {
        algorithms.derive(algorithms.extract(salt: joinerSecret, ikm: pskSecret), "welcome")
    }
}

extension EpochSecrets {
    init(_ algorithms: Algorithms, epochSecret: Secret) {
        senderDataSecret = algorithms.derive(epochSecret, "sender data")
        exporterSecret = algorithms.derive(epochSecret, "exporter")
        externalSecret = algorithms.derive(epochSecret, "external")
        confirmationKey = algorithms.derive(epochSecret, "confirm")
        membershipKey = algorithms.derive(epochSecret, "membership")
        resumptionPSK = algorithms.derive(epochSecret, "resumption")
        epochAuthenticator = algorithms.derive(epochSecret, "authentication")
        initSecret = algorithms.derive(epochSecret, "init")
    }

    /// `MLS-Exporter` (RFC 9420 §8.5).
    package func export(_ algorithms: Algorithms, label: String, context: [UInt8], length: Int) -> Secret {
        let derived = algorithms.derive(exporterSecret, label)
        return algorithms.expand(derived, label: "exported", context: algorithms.digest(context), length: length)
    }

    /// The key pair that external joiners encrypt to (RFC 9420 §8).
    package func externalKeyPair(_ algorithms: Algorithms) throws(MLSError) -> HPKEKeyPair {
        try algorithms.deriveKeyPair(externalSecret)
    }
}

/// The label of RFC 9420 §8.3.
let externalInitLabel = "MLS 1.0 external init secret"

/// RFC 9420 §8.2.
package enum Transcript {
    package static func confirmed(
        _ algorithms: Algorithms, interimBefore: [UInt8], commit: AuthenticatedContent
    ) -> [UInt8] {
        var writer = WireWriter(reserving: 1024)
        writer.write(fixed: interimBefore)
        writer.write(commit.wireFormat)
        writer.write(commit.content)
        writer.write(vector: commit.auth.signature)
        return algorithms.digest(writer.bytes)
    }

    package static func interim(_ algorithms: Algorithms, confirmed: [UInt8], confirmationTag: [UInt8]) -> [UInt8] {
        var writer = WireWriter()
        writer.write(fixed: confirmed)
        writer.write(vector: confirmationTag)
        return algorithms.digest(writer.bytes)
    }
}
