import ChatProtocol
import GroupRules
import WireCodec

/// What comes of a login by an identity file, as a value.
enum IdentityUse {
    /// It only looks at its account's chain, and takes nobody's place.
    case look
    case enter(IdentityEntry)

    /// - Parameters:
    ///   - keys: of the device as it describes itself; proved, like the key in the file.
    ///   - device: as the store has it.
    /// - Throws: `badProof` where the file is not this device's; `deviceRevoked`, `identityUsed`, `replaced`, `chainMoved`, `invalidLink`.
    init(
        _ request: LoginByIdentity, keys: [DeviceKey], _ kept: AccountKeeper.KeptChain, _ device: EnrolledDevice?
    ) throws(Failure) {
        let known = kept.chain?.devices[request.device]
        let fits = request.enrol.publicKey == device?.key || request.enrol.publicKey == known?.grant.key.bytes
        guard request.enrol.purpose == .enrol, fits else { throw Failure(.badProof) }
        guard device.map({ $0.state == .active || $0.state == .pending }) ?? true else { throw Failure(.deviceRevoked) }
        let new = NewDevice(
            id: request.device, name: request.description.name, certificate: request.description.certificate, keys: keys
        )
        guard let chain = kept.chain else {
            guard request.renewal.isEmpty else { throw Failure(.chainMoved) }
            self = .enter(try Self.entry(request, new, kept.head, nil))
            return
        }
        // The first device of an account has begun its chain with a key of its own.
        guard let known else { throw Failure(.devicePending) }
        guard known.grant.rights.enrols else { throw Failure(.identityUsed) }
        guard known.isActive else { throw Failure(.deviceRevoked) }
        if request.renewal.isEmpty {
            self = .look
        } else {
            let renewal = try Self.renewal(request, in: chain, isOnce: known.grant.rights.contains(.enrolOnce))
            self = .enter(try Self.entry(request, new, kept.head, renewal))
        }
    }

    private static func renewal(
        _ request: LoginByIdentity, in chain: AccountChain, isOnce: Bool
    ) throws(Failure) -> IdentityEntry.Renewal {
        guard let renewal = try? Renewal(wireBytes: request.renewal), renewal.wireBytes == request.renewal,
            renewal.device == request.device
        else {
            throw Failure(.invalidLink, sentence: "the renewal does not have the form of one, or is another device's")
        }
        var next = chain
        // How old the one before is, the store says.
        do throws(RuleViolation) { try next.publish(renewal, after: nil) } catch { throw Failure(error) }
        return IdentityEntry.Renewal(instance: renewal.instance, bytes: request.renewal, isOnce: isOnce)
    }

    private static func entry(
        _ request: LoginByIdentity, _ device: NewDevice, _ head: ChainHead, _ renewal: IdentityEntry.Renewal?
    ) throws(Failure) -> IdentityEntry {
        let entry = IdentityEntry(account: request.account, device: device, head: head, renewal: renewal)
        guard entry.loginKey != nil, !device.keys.contains(where: { $0.purpose == .enrol }) else {
            throw Failure(.malformed, sentence: "a use of an identity brings a key to log in by, and no key of a file")
        }
        return entry
    }
}
