#if DEBUG || FUZZER
    import ChatProtocol
    @testable import GroupRules
    import MLS
    import WireCodec

    /// Accounts, leaves and policies as others send them. The first byte of an input says what it is given to.
    enum RulesTarget {
        static func run(_ input: [UInt8]) throws {
            guard let kind = input.first else { return }
            let bytes = Array(input.dropFirst())
            switch kind % 5 {
            case 0: try decode(bytes)
            case 1: try chain(bytes)
            case 2: try path(bytes)
            case 4: try package(bytes)
            default: try text(bytes)
            }
        }

        /// Every decoder: what decodes encodes to the same bytes.
        private static func decode(_ bytes: [UInt8]) throws {
            func check<Value: WireCodable>(_ type: Value.Type) throws {
                guard let value = try? Value(wireBytes: bytes) else { return }
                try promise(value.wireBytes == bytes, "a \(type) does not encode to what it was decoded from")
            }
            try check(Link.self)
            try check(Renewal.self)
            try check(Grant.self)
            try check(DevicePath.self)
            try check(Revocation.self)
            try check(CommitNote.self)
            try check(DeviceCredential.self)
            try check(GroupPolicy.self)
            try check(GroupName.self)
            try check(MessageData.self)
            try check(LogMark.self)
            try check(ChainMark.self)
            _ = CommitNote(authenticatedData: bytes)
        }

        /// A chain with its renewals, as a server would send it, and what follows from it.
        private static func chain(_ bytes: [UInt8]) throws {
            guard let path = try? DevicePath(wireBytes: bytes), let first = path.links.first else { return }
            guard let chain = try? AccountChain(path.links, renewals: path.renewals, at: first.content.place) else {
                return
            }
            try promise(chain.links == path.links, "a chain has other links than it was made of")
            var pins = PinBook()
            try promise((try? pins.meet(chain)) == .first, "a chain that was never met is known")
            try promise((try? pins.meet(chain)) == .unchanged, "a chain is not what it was")
            for (id, device) in chain.devices {
                guard let certificate = chain.certificate(of: id) else { continue }
                let end = try? certificate.path.verify(from: chain.root, at: chain.place)
                try promise(end?.grant == device.grant, "a certificate of a chain does not verify")
            }
        }

        /// A certificate, from the root that its first link is.
        private static func path(_ bytes: [UInt8]) throws {
            guard let path = try? DevicePath(wireBytes: bytes), let first = path.links.first, let root = first.root,
                let end = try? path.verify(from: root, at: first.content.place)
            else { return }
            try promise(path.links.last?.content.body.grant == end.grant, "a path ends at another device")
            try promise(end.instance > 0 || !end.grant.rights.enrols, "an enrol key is a device's key")
        }

        /// A key package, by the chain that its own certificate is, at the time of which it says that it is good.
        private static func package(_ bytes: [UInt8]) throws {
            guard let package = try? KeyPackage(decoding: bytes), let leaf = try? ClaimedLeaf(package.leafNode),
                case .keyPackage(let lifetime) = package.leafNode.source
            else { return }
            let path = leaf.certificate.path
            guard let place = path.links.first?.content.place,
                let chain = try? AccountChain(path.links, renewals: path.renewals, at: place)
            else { return }
            let now = Timestamp(milliseconds: lifetime.notBefore.multipliedReportingOverflow(by: 1_000).partialValue)
            let checked = try? CheckedPackage(bytes, of: leaf.credential.device, in: chain, days: 400, at: now)
            guard let checked else { return }
            try promise(checked.keyPackage.encoded == bytes, "a package is good in another form than its own")
            try promise(checked.expires > now, "a package is good that has expired")
            let other = DeviceID(high: 0, low: 0)
            let foreign = try? CheckedPackage(bytes, of: other, in: chain, days: 400, at: now)
            try promise(foreign == nil || checked.device == other, "a package is good for two devices")
        }

        /// What people type or paste.
        private static func text(_ bytes: [UInt8]) throws {
            let text = String(decoding: bytes, as: UTF8.self)
            if let account = AccountFingerprint(text) {
                try promise(account.description == text, "a fingerprint has two texts")
            }
            if let device = DeviceFingerprint(text) {
                try promise(device.description == text, "a fingerprint has two texts")
            }
            _ = RoomName(text)
        }
    }
#endif
