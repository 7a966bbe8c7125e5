import CLISupport
import ChatProtocol
import GroupRules
import MLS

/// What became of one user in a change of a room.
package struct RoomChange: Sendable {
    package let user: UserName
    /// Nil: it is as was wanted.
    package let problem: Problem?
}

/// Who is in a room, and what may be done there.
extension Client {
    /// Adds all devices of users that have left a key for it. They see the room from then on.
    ///
    /// - Parameter progress: is told of devices that were added, and of how many there are.
    /// - Returns: what became of each, in the order given; 79 where a key is not the trusted one, `no_device` (75).
    /// - Throws: `forbidden`, `too_large` (77).
    package func add(
        _ users: [UserName], to name: RoomName, progress: @Sendable (Int, Int) -> Void = { _, _ in }
    ) async throws(Problem) -> [RoomChange] {
        let desk = try await desk(of: name)
        try desk.requireAdder()
        var changes: [RoomChange] = []
        var packages: [KeyPackage] = []
        var former: Set<HPKEPublicKey> = []
        var keys = desk.view.keys
        for user in users {
            do throws(Problem) {
                packages += try await self.packages(of: user, for: desk, &keys, &former)
                changes.append(RoomChange(user: user, problem: nil))
            } catch {
                changes.append(RoomChange(user: user, problem: try error.concerning(user, in: name)))
            }
        }
        for (number, page) in packages.pages(of: CommitWish.adds).enumerated() {
            try await desk.commit(.adding(page, replacing: former))
            progress(min((number + 1) * CommitWish.adds, packages.count), packages.count)
        }
        return changes
    }

    /// - Parameters:
    ///   - keys: that are in use.
    ///   - former: the leaves of the account are added to it where it has left, and they are still in the group.
    private func packages(
        of user: UserName, for desk: RoomDesk, _ keys: inout TakenKeys, _ former: inout Set<HPKEPublicKey>
    ) async throws(Problem) -> [KeyPackage] {
        let (link, _) = try await loggedInLink()
        let account = try await account(of: user)
        try await keyPassage.settle(.user(user), account, on: link)
        let leaves = desk.leaves(of: account)
        if !leaves.isEmpty {
            if try await hasLeft(account, desk, on: link) {
                try await desk.prepareReturn(of: user)
                former.formUnion(leaves)
            } else if desk.hasAll(of: try store({ try $0.chain(of: account) })) {
                return []
            }
        }
        let taken = try await desk.joiner.packagesToAdd(
            of: Joiner.Peer(account: account, name: user), in: desk.conversation)
        let packages = keys.unused(taken)
        if packages.count < taken.count {
            log.warning("\(taken.count - packages.count) devices of \(user) are not added: their keys are others'")
        }
        guard !packages.isEmpty else {
            throw Problem(
                .noDevice, "\(user) has no device that can be added to #\(desk.name)",
                hint: "try again when \(user) has connected", conversation: "#\(desk.name)", sent: .no)
        }
        return packages
    }

    /// Whether an account is no member any more, by the server's word, whose devices are in the group still.
    private func hasLeft(_ account: AccountID, _ desk: RoomDesk, on link: Link) async throws(Problem) -> Bool {
        try await roomBook.members(of: desk.conversation, on: link).allSatisfy { $0.account.id != account }
    }

    /// Who has a name, by the server's word.
    private func account(of user: UserName) async throws(Problem) -> AccountID {
        let own = try identity()
        if own.name == user { return own.account }
        guard let found = try await self.user(named: user) else {
            throw .noSuchUser(user, sent: .no)
        }
        return found.id
    }

    /// Removes users with all their devices.
    ///
    /// - Returns: what became of each; `not_a_member` (77) of who is not in it.
    /// - Throws: `forbidden` (77).
    package func remove(_ users: [UserName], from name: RoomName) async throws(Problem) -> [RoomChange] {
        let desk = try await desk(of: name)
        try desk.requireAdmin()
        let own = desk.joiner.place.party
        let (changes, parties) = try people(users, desk) { party throws(Problem) in
            guard party != own else {
                throw Problem(.forbidden, "nobody is removed by themselves", advice: .leaveRoom(name.text), sent: .no)
            }
        }
        if !parties.isEmpty { try await desk.commit(.removing(Set(parties.map(\.account)))) }
        return changes.map { desk.hasRemoved($0.user) ? RoomChange(user: $0.user, problem: nil) : $0 }
    }

    /// Makes users admins of a room, or members like others.
    ///
    /// - Returns: what became of each; `not_a_member` (77) of who is not in it.
    /// - Throws: `forbidden` (77), also where no admin would be left.
    package func setAdmins(
        _ users: [UserName], of name: RoomName, to isAdmin: Bool
    ) async throws(Problem) -> [RoomChange] {
        let desk = try await desk(of: name)
        try desk.requireAdmin()
        let (changes, parties) = try people(users, desk) { _ in }
        guard !parties.isEmpty, case .room(let room) = desk.view.policy.kind else { return changes }
        if isAdmin {
            guard Set(room.admins).union(parties).count <= RuleLimits.admins else {
                throw Problem(
                    .tooLarge, "a room has at most \(RuleLimits.admins) admins", conversation: "#\(name)", sent: .no)
            }
            try await desk.change { $0.with(admins: Set($0.admins).union(parties)) }
        } else {
            guard !Set(room.admins).subtracting(parties).isEmpty else {
                throw Problem(
                    .forbidden, "#\(name) would have no admin any more", hint: "make somebody else one first",
                    conversation: "#\(name)", sent: .no)
            }
            try await desk.change { room in
                let left = Set(room.admins).subtracting(parties)
                return left.isEmpty ? room : room.with(admins: left)
            }
        }
        return changes
    }

    private func people(
        _ users: [UserName], _ desk: RoomDesk, check: (Party) throws(Problem) -> Void
    ) throws(Problem) -> (changes: [RoomChange], parties: [Party]) {
        var changes: [RoomChange] = []
        var parties: [Party] = []
        for user in users {
            do throws(Problem) {
                let party = try desk.party(of: user)
                try check(party)
                parties.append(party)
                changes.append(RoomChange(user: user, problem: nil))
            } catch { changes.append(RoomChange(user: user, problem: error)) }
        }
        return (changes, parties)
    }

    /// Says who may come in, or who may add; nil: as it is.
    package func setRoom(
        _ name: RoomName, access: GroupPolicy.Access?, adders: GroupPolicy.Adders?
    ) async throws(Problem) {
        let desk = try await desk(of: name)
        try desk.requireAdmin()
        try await desk.change { $0.with(access: access ?? $0.access, adders: adders ?? $0.adders) }
    }
}

extension Problem {
    /// As what became of one user; what concerns all is thrown.
    fileprivate func concerning(_ user: UserName, in room: RoomName) throws(Problem) -> Problem {
        let isOfUser =
            exit == .untrusted || self.user != nil
            || [ErrorCode.noDevice, .noSuchUser, .blocked].contains { $0.name == code }
        guard isOfUser else { throw self }
        var problem = self
        if code == ErrorCode.blocked.name {
            problem = Problem(.blocked, "\(user) takes nothing of this account", sent: .no)
        }
        problem.user = user.text
        problem.conversation = "#\(room)"
        return problem
    }
}

extension GroupPolicy.Room {
    fileprivate func with(admins: Set<Party>) -> Self {
        Self(name: name, admins: Array(admins), adders: adders, access: access)
    }

    fileprivate func with(access: GroupPolicy.Access, adders: GroupPolicy.Adders) -> Self {
        Self(name: name, admins: admins, adders: adders, access: access)
    }
}
