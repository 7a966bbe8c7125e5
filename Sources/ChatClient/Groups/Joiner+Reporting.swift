import CLISupport
import ChatProtocol
import GroupRules
import MLS

/// What is said of what cannot be processed, and of whom this device meets where it has nothing to compare with.
extension Joiner {
    /// S3: tells the server of a commit that it took and that this device cannot process. Its possible authors are who committed it, who
    /// described the group to them where they came from outside, and the server, which may have changed it for some. What a restore has
    /// taken back is nobody's fault.
    func report(_ item: LogItem, _ conversation: ConversationID) async {
        guard case .entry(let entry) = item, PayloadKind(rawValue: entry.payloadKind) == .commit,
            entry.place.device != place.own.device,
            let standing = try? await store.withStore({ try $0.groupStanding(of: conversation) }),
            standing.generation == place.generation
        else { return }
        let (seq, digest) = (entry.place.seq, Primitives.sha256(entry.payload))
        do throws(Problem) {
            let name = try await store.withStore { try $0.name(of: entry.place.sender) }
            let others =
                entry.isFromOutside
                ? "or of whoever committed before and described the group wrongly, or the server has changed it"
                : "or the server has changed it"
            log.warning("it is \(name)'s, device \(entry.place.device), \(others); it is reported to the server")
            let _: Done = try await wire.ask(
                ReportCommit(conversation: conversation, seq: seq, digest: digest))
        } catch { log.info("entry \(seq) is not reported: \(error.text)") }
    }

    /// S3: a closed room that is joined with nothing to follow it from. Where another device of this account speaks for it, that one's
    /// word counts; else it is as the server says, and whoever is in it is told.
    ///
    /// - Throws: `unverified` (79) where only verified users are written to.
    func meet(_ group: PublicGroup, _ info: GroupInfo, _ policy: GroupPolicy) throws(Problem) {
        guard case .room(let room) = policy.kind, room.access == .closed, !isVouchedFor(group, info) else { return }
        guard gate.policy != .verified else { throw .unknownGroup(room.name) }
        let names = Set(group.members.compactMap { try? ClaimedLeaf($0.leaf).name }).sorted()
        log.warning(
            "#\(room.name) is entered by the server's word; in it are \(names.map(\.text).joined(separator: ", "))")
    }

    private func isVouchedFor(_ group: PublicGroup, _ info: GroupInfo) -> Bool {
        guard let leaf = group.members.first(where: { $0.index == info.signer })?.leaf,
            let credential = try? DeviceCredential(leaf.credential), let known = place.chain.devices[credential.device]
        else { return false }
        return credential.party == place.party && credential.device != place.own.device && known.isActive
    }
}

extension ReceivedEntry {
    /// Whether it is a commit by which somebody has come in, who believes what is said of the group.
    fileprivate var isFromOutside: Bool {
        guard let message = try? MLSMessage(decoding: payload), case .publicMessage(let commit) = message.body else {
            return false
        }
        return commit.content.sender == .newMemberCommit
    }
}

extension Problem {
    fileprivate static func unknownGroup(_ room: RoomName) -> Problem {
        Problem(
            .unverified,
            "only verified users are written to, and nobody but the server says who is in #\(room): no other device of yours has spoken for it",
            advice: .allowUnverified, conversation: "#\(room)", sent: .no)
    }
}
