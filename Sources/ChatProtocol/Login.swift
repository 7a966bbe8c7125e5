import WireCodec

/// What a device's key is for.
package enum KeyPurpose: UInt8, Sendable {
    case login = 1
    /// Reserved for end-to-end encryption.
    case signature = 2
    /// Logs in by an identity file, and does nothing else.
    case enrol = 3
}

package enum KeyAlgorithm: UInt8, Sendable {
    /// RFC 8032, 32 bytes.
    case ed25519 = 1
}

/// A device's public key, with the proof that whoever registers it holds the private one.
package struct KeyRegistration: WireCodable, Equatable, Sendable {
    package var purpose: KeyPurpose
    package var algorithm: KeyAlgorithm
    package var publicKey: [UInt8]
    /// The signature over `KeyProof` of this connection.
    package var proof: [UInt8]

    package init(purpose: KeyPurpose, algorithm: KeyAlgorithm, publicKey: [UInt8], proof: [UInt8]) {
        self.purpose = purpose
        self.algorithm = algorithm
        self.publicKey = publicKey
        self.proof = proof
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(purpose.rawValue)
        writer.write(algorithm.rawValue)
        writer.write(vector: publicKey)
        writer.write(vector: proof)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        purpose = try reader.readCase(field: "key purpose")
        algorithm = try reader.readCase(field: "key algorithm")
        publicKey = Array(try reader.readVector(limit: 256, field: "public key"))
        proof = Array(try reader.readVector(limit: 256, field: "proof of possession"))
    }
}

/// A device as it introduces itself: its name for people, its keys (none: it will log in by password again),
/// and room for an opaque certificate.
package struct DeviceDescription: WireCodable, Equatable, Sendable {
    package var name: String
    package var keys: [KeyRegistration]
    package var certificate: [UInt8]

    package init(name: String, keys: [KeyRegistration] = [], certificate: [UInt8] = []) {
        self.name = name
        self.keys = keys
        self.certificate = certificate
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(text: name)
        writer.write(vectorOf: keys)
        writer.write(vector: certificate)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        name = try reader.readText(limit: Limits.deviceName, field: "device name")
        keys = try reader.readVector(count: Limits.keysPerDevice, field: "keys")
        certificate = Array(try reader.readVector(limit: Limits.certificate, field: "certificate"))
    }
}

/// Makes an account and logs its first device in. Answered by `Welcome`.
package struct Register: FrameBody {
    package static let kind = FrameKind.register

    package var name: UserName
    package var displayName: String
    package var password: [UInt8]
    /// Empty where the server takes registrations without one.
    package var invite: [UInt8]
    package var device: DeviceDescription

    package init(
        name: UserName, displayName: String, password: [UInt8], invite: [UInt8] = [], device: DeviceDescription
    ) {
        self.name = name
        self.displayName = displayName
        self.password = password
        self.invite = invite
        self.device = device
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(name)
        writer.write(text: displayName)
        writer.write(vector: password)
        writer.write(vector: invite)
        writer.write(device)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        name = try reader.read()
        displayName = try reader.readText(limit: Limits.displayName, field: "display name")
        password = Array(try reader.readVector(limit: Limits.checkedPassword, field: "password"))
        invite = Array(try reader.readVector(limit: Limits.invite, field: "invite"))
        device = try reader.read()
    }
}

/// Logs in with the account's password, and makes a device, or takes one up again. Answered by `Welcome`.
package struct LoginByPassword: FrameBody {
    package static let kind = FrameKind.loginByPassword

    package var name: UserName
    package var password: [UInt8]
    /// The device of this account that logs in again; nil makes a new one.
    package var existing: DeviceID?
    package var device: DeviceDescription

    package init(name: UserName, password: [UInt8], existing: DeviceID? = nil, device: DeviceDescription) {
        self.name = name
        self.password = password
        self.existing = existing
        self.device = device
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(name)
        writer.write(vector: password)
        writer.write(optional: existing)
        writer.write(device)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        name = try reader.read()
        password = Array(try reader.readVector(limit: Limits.checkedPassword, field: "password"))
        existing = try reader.readOptional()
        device = try reader.read()
    }
}

/// Logs a device in with its own key. Answered by `Welcome`.
package struct LoginByDevice: FrameBody {
    package static let kind = FrameKind.loginByDevice

    package var account: AccountID
    package var device: DeviceID
    /// Allocated in the device's store, never twice.
    package var number: LoginNumber
    /// Ed25519 over `LoginProof`.
    package var signature: [UInt8]

    package init(account: AccountID, device: DeviceID, number: LoginNumber, signature: [UInt8]) {
        self.account = account
        self.device = device
        self.number = number
        self.signature = signature
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(account)
        writer.write(device)
        writer.write(number)
        writer.write(vector: signature)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        account = try reader.read()
        device = try reader.read()
        number = try reader.read()
        signature = Array(try reader.readVector(limit: 256, field: "signature"))
    }
}

/// The answer to a login: who this connection speaks for, and which server answers.
package struct Welcome: FrameBody {
    package static let kind = FrameKind.welcome

    package var account: AccountRecord
    package var device: DeviceID
    package var deviceName: String
    package var server: ServerID
    /// Changes when the server was restored from a backup: what it numbered afterwards is new.
    package var generation: StoreGeneration
    package var everyone: ConversationID
    /// The server's clock.
    package var time: Timestamp
    /// Pending: the device may leave its grant, read its account's chain and leave, and nothing else.
    package var state: DeviceState
    /// Where the account's chain stands.
    package var chain: ChainHead
    /// How many devices of the account wait to be added.
    package var waiting: UInt8
    /// The Ed25519 key with which this server proposes in groups: the one external sender of each.
    package var groupKey: [UInt8]
    /// What the server holds of the device's key packages.
    package var keyPackages: KeyPackageStanding

    package init(
        account: AccountRecord, device: DeviceID, deviceName: String, server: ServerID, generation: StoreGeneration,
        everyone: ConversationID, time: Timestamp, state: DeviceState = .active, chain: ChainHead = .none,
        waiting: UInt8 = 0, groupKey: [UInt8] = [UInt8](repeating: 0, count: 32),
        keyPackages: KeyPackageStanding = .none
    ) {
        self.account = account
        self.device = device
        self.deviceName = deviceName
        self.server = server
        self.generation = generation
        self.everyone = everyone
        self.time = time
        self.state = state
        self.chain = chain
        self.waiting = waiting
        self.groupKey = groupKey
        self.keyPackages = keyPackages
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(account)
        writer.write(device)
        writer.write(text: deviceName)
        writer.write(server)
        writer.write(generation)
        writer.write(everyone)
        writer.write(time)
        writer.write(state.rawValue)
        writer.write(chain)
        writer.write(waiting)
        writer.write(fixed: groupKey)
        writer.write(keyPackages)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        account = try reader.read()
        device = try reader.read()
        deviceName = try reader.readText(limit: Limits.deviceName, field: "device name")
        server = try reader.read()
        generation = try reader.read()
        everyone = try reader.read()
        time = try reader.read()
        state = try reader.readCase(field: "device state")
        chain = try reader.read()
        waiting = try reader.read()
        groupKey = Array(try reader.read(fixed: 32))
        keyPackages = try reader.read()
    }
}
