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
            switch kind % 4 {
            case 0: try decode(bytes)
            case 1: try chain(bytes)
            case 2: try path(bytes)
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
