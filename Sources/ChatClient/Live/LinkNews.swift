import ChatProtocol

/// What a connection tells beside the logs, and who sees to it as long as it lasts. A command that asks once has no time for more than keys.
struct LinkNews: Sendable {
    /// Groups in which this device commits for others at once.
    private static let commitsAtOnce = 8

    let keys: EventLine<KeysChanged>
    /// What a full line leaves out the server asks of another member.
    let commits: EventLine<CommitWanted>?
    /// What a full line leaves out is seen to when the device comes again.
    let members: EventLine<MemberChanged>?

    init(of attendant: Attendant, on link: Link, isLasting: Bool) {
        keys = attendant.keyPassage.news(on: link) { await attendant.wakeReaders() }
        commits =
            isLasting
            ? EventLine { heard in
                await heard.forEach(atOnce: Self.commitsAtOnce) {
                    await attendant.commitWanted(in: $0.conversation, on: link)
                }
            } : nil
        members =
            isLasting
            ? EventLine { heard in
                for await change in heard { await attendant.memberChanged(change, on: link) }
            } : nil
    }

    func end() {
        keys.end()
        commits?.end()
        members?.end()
    }
}
