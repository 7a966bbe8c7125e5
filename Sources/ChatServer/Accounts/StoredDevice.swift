import ChatProtocol

/// A key that was proved to be its device's.
package struct DeviceKey: Sendable, Equatable {
    package var purpose: KeyPurpose
    package var algorithm: KeyAlgorithm
    package var publicKey: [UInt8]

    package init(purpose: KeyPurpose, algorithm: KeyAlgorithm, publicKey: [UInt8]) {
        self.purpose = purpose
        self.algorithm = algorithm
        self.publicKey = publicKey
    }
}

/// A device that is to be made; its keys were proved.
package struct NewDevice: Sendable, Equatable {
    package var id: DeviceID
    package var name: String
    package var certificate: [UInt8]
    package var keys: [DeviceKey]

    package init(id: DeviceID, name: String, certificate: [UInt8] = [], keys: [DeviceKey]) {
        self.id = id
        self.name = name
        self.certificate = certificate
        self.keys = keys
    }

    /// The key by which it logs in; nil where it brings none.
    package var loginKey: [UInt8]? { keys.first { $0.purpose == .login }?.publicKey }
}

/// A device as it logs in by its key.
package struct DeviceLoginRow: Sendable, Equatable {
    package var account: AccountRecord
    package var name: String
    package var state: DeviceState
    package var key: [UInt8]
    package var window: LoginWindow
    package var chain: ChainStanding

    package init(
        account: AccountRecord, name: String, state: DeviceState, key: [UInt8], window: LoginWindow,
        chain: ChainStanding = ChainStanding()
    ) {
        self.account = account
        self.name = name
        self.state = state
        self.key = key
        self.window = window
        self.chain = chain
    }

    /// The row after a number was used by a login that its key has signed.
    ///
    /// - Throws: why the number may not be used.
    package func using(_ number: LoginNumber) throws(Failure) -> DeviceLoginRow {
        guard state == .active || state == .pending, !account.flags.contains(.deleted) else {
            throw Failure(.deviceRevoked)
        }
        guard !account.flags.contains(.disabled) else { throw Failure(.accountDisabled) }
        var used = self
        guard used.window.use(number) else { throw Failure(.storeCopied) }
        return used
    }
}

extension Failure {
    /// Of a device whose key has not signed its login, as far as anybody knows: an unknown one gets the same answer.
    package static var unprovenLogin: Failure {
        Failure(.badProof, sentence: "this device is not known here, or its signature does not verify; log in again")
    }
}
