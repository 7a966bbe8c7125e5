import ChatProtocol
import GroupRules
import MLS

/// Messages at their places in the log.
extension OpeningCourse {
    mutating func unreadable(_ entry: ReceivedEntry, _ why: String) -> EntryOpening {
        part.findings.append(.unreadable(entry.place.seq, why))
        return .unreadable(kind: entry.payloadKind, payload: entry.payload)
    }

    /// M1.
    private mutating func mismatched(_ entry: ReceivedEntry, _ why: String) -> EntryOpening {
        part.findings.append(.unreadable(entry.place.seq, "mismatch: \(why)"))
        return .mismatched(payload: entry.payload)
    }

    /// One's own message: it must be what was sealed in this epoch, byte for byte (E4), and where the server said that it is.
    mutating func openOwn(_ entry: ReceivedEntry, digest: [UInt8]) throws -> EntryOpening {
        let place = entry.place
        guard let sealed = try store.sealedMessage(place.id, in: conversation), sealed.digest == digest,
            let epoch, sealed.position == standing?.position(epoch: epoch)
        else { return mismatched(entry, "not what this device has sent") }
        switch sealed.kept {
        case .whole(_, let content):
            try store.dropSealed(place.id, in: conversation)
            // M2: one that a restore may have lost, and that was sent again, stands where it stood first.
            let known = try store.knownMessage(place.id, from: place.sender, in: conversation)
            return content.type == .text && known?.seq ?? place.seq == place.seq ? .opened(content) : .notForPeople
        case .taken(let seq, _):
            guard seq == place.seq else { return mismatched(entry, "it was acknowledged as entry \(seq)") }
            try store.dropSealed(place.id, in: conversation)
            return try store.content(of: conversation, seq: seq).map { .opened($0) } ?? .notForPeople
        }
    }

    mutating func openMessage(_ entry: ReceivedEntry) throws -> EntryOpening {
        guard let standing, epoch != nil else { return unreadable(entry, "no state of the group") }
        do {
            let message = try MLSMessage(decoding: entry.payload)
            var batch = try messages ?? MessageBatch(of: standing.group.groupId, from: rows)
            let opened = try rows.telling { try batch.open(message, from: rows) }
            messages = batch
            return try check(opened, entry)
        } catch let error as MLSError where !error.isOfStore {
            return unreadable(entry, "\(error)")
        }
    }

    /// M1: what was opened is what the server says of it; M2: and no second message under one id. The sender that is shown is the
    /// leaf's, since it is the entry's, and is called as the leaf's certificate says (C4).
    private mutating func check(_ opened: ApplicationMessage, _ entry: ReceivedEntry) throws -> EntryOpening {
        let place = entry.place
        guard let leaf = try? DeviceCredential(opened.leaf.credential), leaf.party.account == place.sender,
            leaf.device == place.device
        else { return mismatched(entry, "another device has written it") }
        if named.insert(place.sender).inserted, let name = try? ClaimedLeaf(opened.leaf).name {
            try store.setName(of: place.sender, name)
        }
        guard let data = try? MessageData(wireBytes: opened.authenticatedData), data.id == place.id else {
            return mismatched(entry, "it was written under another id")
        }
        guard let content = try? Content(wireBytes: opened.data), let marks = try? MessageMarks(content) else {
            let isUnknown = opened.data.first.map { Content.ContentType(rawValue: $0) == nil } ?? false
            return isUnknown ? .notForPeople : unreadable(entry, "its content cannot be read")
        }
        guard try store.knownMessage(place.id, from: place.sender, in: conversation) == nil else {
            part.findings.append(.repeated(place.seq))
            return .notForPeople
        }
        try compare(marks, of: place)
        guard content.type == .text else {
            try takeKeys(content, of: leaf)
            return .notForPeople
        }
        return .opened(content)
    }

    /// §1: whom another device of this account knows that may approve others.
    private func takeKeys(_ content: Content, of leaf: DeviceCredential) throws {
        let own = setting.identity
        guard conversation == own.notes, leaf.party.account == own.account,
            let device = try store.chain(of: own.account)?.devices[leaf.device], device.isActive, device.certifies,
            let known = KnownKeys(content)
        else { return }
        try store.take(known.keys, of: own.account, own.generation, now: setting.now)
    }
}
