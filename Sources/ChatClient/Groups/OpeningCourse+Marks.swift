import ChatProtocol
import GroupRules
import MLS

/// What messages say of their senders' chains and of the log, compared with what is held here.
extension OpeningCourse {
    mutating func compare(_ marks: MessageMarks, of place: EntryPlace) throws {
        if let chain = marks.chain { try compare(chain, of: place.sender) }
        if let seen = marks.seen { try compare(seen, of: place) }
    }

    /// G2: a chain that goes on is read before anything is sent here again.
    private mutating func compare(_ mark: ChainMark, of account: AccountID) throws {
        switch try store.relation(of: mark, to: account) {
        case .known: break
        case .ahead:
            try store.noteWanted(account)
            try store.noteChainsWanted(in: conversation)
            part.findings.append(.chainGoesOn(account))
        case .forked:
            try store.raiseAlarm(
                of: account, try store.name(of: account), "a message holds another link \(mark.number) of it",
                now: setting.now)
            part.findings.append(.chainForked(account))
        }
    }

    /// M3: the log is the same here and there, or somebody lies: the server, or who says so.
    private mutating func compare(_ seen: LogMark, of place: EntryPlace) throws {
        guard let standing, standing.hash != nil else { return }
        guard seen.seq < place.seq else { return try doubt(place, seen, own: nil) }
        // Of what lies further back, or behind a hole, nothing is known here.
        guard let own = try store.logMark(of: standing.group, seen.seq), own != seen.mark else { return }
        try doubt(place, seen, own: own)
    }

    private mutating func doubt(_ place: EntryPlace, _ seen: LogMark, own: [UInt8]?) throws {
        // In a room anybody could stop all others by it; what one's own other device has read, nobody but the server can have changed.
        let stops = isDirect || place.sender == setting.identity.account
        guard try store.noteDoubt(of: place, seen, own: own, stops: stops, now: setting.now) else { return }
        part.findings.append(.historyDiffers(place.seq, place.sender, stops: stops))
    }
}
