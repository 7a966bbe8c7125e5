import ChatProtocol
import GroupRules
import Synchronization

@testable import ChatServer

/// A store that is not alone, or whose answers get lost: what the contract says must hold there too.
final class TroubledStore: Store {
    enum Trouble: Sendable {
        /// Before each call another writer writes to every conversation that is known, and does what the call is
        /// about to do for the others.
        case interference(by: OtherWriter)
        /// Each change is carried out, its answer is lost, and it is carried out again.
        case lostAnswers
        /// Every second change is carried out, and nobody knows of it.
        case unknownEnds
        /// Every second batch finds somebody at work on the conversation of its first operation. There are two lanes.
        case deferrals
    }

    private let base: any Store
    private let trouble: Trouble
    private let count = Mutex<UInt64>(0)

    init(_ base: any Store, _ trouble: Trouble) {
        self.base = base
        self.trouble = trouble
    }

    func close() async {
        await base.close()
        if let other { await other.store.close() }
    }

    private var other: OtherWriter? {
        if case .interference(let other) = trouble { other } else { nil }
    }

    private func interfere(_ operations: [StoreOperation] = []) async {
        await other?.interfere(before: operations)
    }

    /// The end of this change stays unknown.
    private var isCut: Bool {
        guard case .unknownEnds = trouble else { return false }
        return isSecond
    }

    /// Each other time.
    private var isSecond: Bool {
        count.withLock { count in
            count += 1
            return count % 2 == 1
        }
    }

    static let cut = StoreFailure(.unknown, "the line is cut")

    private func change<Value: Sendable>(
        _ body: () async throws(StoreFailure) -> Value
    ) async throws(StoreFailure) -> Value {
        await interfere()
        if isCut {
            _ = try await body()
            throw Self.cut
        }
        if case .lostAnswers = trouble { _ = try? await body() }
        return try await body()
    }

    private func read<Value: Sendable>(
        _ body: () async throws(StoreFailure) -> Value
    ) async throws(StoreFailure) -> Value {
        await interfere()
        return try await body()
    }

    // MARK: Logs

    func lane(of conversation: ConversationID) -> StoreLane {
        guard case .deferrals = trouble else { return base.lane(of: conversation) }
        return StoreLane(Int(conversation.bytes.last ?? 0) % 2)
    }

    func commit<Told: Sendable>(
        _ batch: StoreBatch, telling tell: @escaping @Sendable (Committed) -> Told
    ) async throws(StoreFailure) -> Told {
        await interfere(batch.operations)
        if case .deferrals = trouble, isSecond { return tell(try await deferring(batch)) }
        var batch = batch
        if case .unknownEnds = trouble, !batch.isRepeated {
            _ = try await base.commit(batch)
            throw Self.cut
        }
        if case .lostAnswers = trouble {
            _ = try await base.commit(batch)
            batch.isRepeated = true
        }
        let committed = try await base.commit(batch)
        other?.learn(committed.outcomes)
        return tell(committed)
    }

    private func deferring(_ batch: StoreBatch) async throws(StoreFailure) -> Committed {
        let busy = batch.operations.first?.conversation
        var left = batch
        left.operations.removeAll { $0.conversation == busy }
        var committed = try await base.commit(left)
        var rest = committed.outcomes.makeIterator()
        committed.outcomes = batch.operations.map { operation in
            operation.conversation == busy ? .deferred : rest.next() ?? .deferred
        }
        return committed
    }

    func note(_ marks: SoftMarks) async throws(StoreFailure) {
        try await change { () throws(StoreFailure) in try await base.note(marks) }
    }

    func inbox(
        of device: DeviceID, account: AccountID, after: ConversationID?, limit: Int
    ) async throws(StoreFailure) -> [InboxRow] {
        try await read { () throws(StoreFailure) in
            try await base.inbox(of: device, account: account, after: after, limit: limit)
        }
    }

    func page(
        of conversation: ConversationID, after seq: SequenceNumber, entries: Int, bytes: Int
    ) async throws(StoreFailure) -> StoredPage {
        try await read { () throws(StoreFailure) in
            try await base.page(of: conversation, after: seq, entries: entries, bytes: bytes)
        }
    }

    func receipts(of conversation: ConversationID, for account: AccountID) async throws(StoreFailure) -> [ReceiptState]
    {
        try await read { () throws(StoreFailure) in try await base.receipts(of: conversation, for: account) }
    }

    func standing(
        of conversation: ConversationID, for reader: DeviceReader
    ) async throws(StoreFailure) -> DeviceStanding {
        try await read { () throws(StoreFailure) in try await base.standing(of: conversation, for: reader) }
    }

    func lostGroups(of account: AccountID?) async throws(StoreFailure) -> [ConversationID] {
        try await read { () throws(StoreFailure) in try await base.lostGroups(of: account) }
    }

    func isRestored(_ conversation: ConversationID) async throws(StoreFailure) -> Bool {
        try await read { () throws(StoreFailure) in try await base.isRestored(conversation) }
    }

    func lostLeaves(of conversation: ConversationID) async throws(StoreFailure) -> [LostLeaf] {
        try await read { () throws(StoreFailure) in try await base.lostLeaves(of: conversation) }
    }

    func welcomes(for device: DeviceID, limit: Int) async throws(StoreFailure) -> [ConversationID] {
        try await read { () throws(StoreFailure) in try await base.welcomes(for: device, limit: limit) }
    }

    func sideRows(
        of conversation: ConversationID, kind: UInt8, after index: [UInt8]?, limit: Int
    ) async throws(StoreFailure) -> [SideRow] {
        try await read { () throws(StoreFailure) in
            try await base.sideRows(of: conversation, kind: kind, after: index, limit: limit)
        }
    }

    // MARK: Directory and upkeep

    func profiles(_ ids: [AccountID]) async throws(StoreFailure) -> [Profile] {
        try await read { () throws(StoreFailure) in try await base.profiles(ids) }
    }

    func profiles(after name: UserName?, limit: Int) async throws(StoreFailure) -> [Profile] {
        try await read { () throws(StoreFailure) in try await base.profiles(after: name, limit: limit) }
    }

    func direct(_ account: AccountID, with name: UserName) async throws(StoreFailure) -> DirectConversation {
        try await read { () throws(StoreFailure) in try await base.direct(account, with: name) }
    }

    func conversations(
        _ ids: [ConversationID], of account: AccountID
    ) async throws(StoreFailure) -> [ConversationRecord] {
        try await read { () throws(StoreFailure) in try await base.conversations(ids, of: account) }
    }

    func memberships(
        of account: AccountID, after conversation: ConversationID?, limit: Int
    ) async throws(StoreFailure) -> [Membership] {
        try await read { () throws(StoreFailure) in
            try await base.memberships(of: account, after: conversation, limit: limit)
        }
    }

    func rooms(
        _ selection: RoomSelection, for account: AccountID, limit: Int
    ) async throws(StoreFailure) -> [RoomRecord] {
        try await read { () throws(StoreFailure) in try await base.rooms(selection, for: account, limit: limit) }
    }

    func roomName(of room: ConversationID) async throws(StoreFailure) -> RoomName? {
        try await read { () throws(StoreFailure) in try await base.roomName(of: room) }
    }

    func survey(_ selection: RoomSurvey, limit: Int) async throws(StoreFailure) -> [SurveyedRoom] {
        try await read { () throws(StoreFailure) in try await base.survey(selection, limit: limit) }
    }

    func members(
        of room: ConversationID, for account: AccountID, after: AccountID?, limit: Int
    ) async throws(StoreFailure) -> [RoomMember] {
        try await read { () throws(StoreFailure) in
            try await base.members(of: room, for: account, after: after, limit: limit)
        }
    }

    func identity() async throws(StoreFailure) -> StoreIdentity {
        try await read { () throws(StoreFailure) in try await base.identity() }
    }

    func groupKey(orKeep fresh: [UInt8]) async throws(StoreFailure) -> [UInt8] {
        try await change { () throws(StoreFailure) in try await base.groupKey(orKeep: fresh) }
    }

    func followUps(limit: Int) async throws(StoreFailure) -> [StoreOperation] {
        try await read { () throws(StoreFailure) in try await base.followUps(limit: limit) }
    }

    func retire(_ sweep: RetentionSweep) async throws(StoreFailure) -> RetentionStep {
        await interfere()
        return try await base.retire(sweep)
    }

    func believedTime() async throws(StoreFailure) -> Timestamp? {
        try await read { () throws(StoreFailure) in try await base.believedTime() }
    }

    func setBelievedTime(_ time: Timestamp) async throws(StoreFailure) {
        try await change { () throws(StoreFailure) in try await base.setBelievedTime(time) }
    }

    func usage() async throws(StoreFailure) -> [AccountID: UInt64] {
        try await read { () throws(StoreFailure) in try await base.usage() }
    }
    func room() async throws(StoreFailure) -> StoreRoom { try await base.room() }
    func dropErasedRemains() { base.dropErasedRemains() }

    func giveBackRoom(isShort: Bool) { base.giveBackRoom(isShort: isShort) }
    func takeFaults() -> [StoreFailure] { base.takeFaults() }
}

extension TroubledStore {
    func account(named name: UserName) async throws(StoreFailure) -> StoredAccount? {
        try await read { () throws(StoreFailure) in try await base.account(named: name) }
    }

    func account(_ id: AccountID) async throws(StoreFailure) -> StoredAccount? {
        try await read { () throws(StoreFailure) in try await base.account(id) }
    }

    func accounts(after name: String, limit: Int) async throws(StoreFailure) -> [CountedAccount] {
        try await read { () throws(StoreFailure) in try await base.accounts(after: name, limit: limit) }
    }

    func dearestImportedCost() async throws(StoreFailure) -> Int {
        try await read { () throws(StoreFailure) in try await base.dearestImportedCost() }
    }

    func register(
        _ account: StoredAccount, device: NewDevice?, invite: [UInt8]?
    ) async throws(StoreFailure) {
        try await change { () throws(StoreFailure) in
            try await base.register(account, device: device, invite: invite)
        }
    }

    func importAccounts(_ accounts: [StoredAccount], isDryRun: Bool) async throws(StoreFailure) -> [AccountID] {
        try await change { () throws(StoreFailure) in
            try await base.importAccounts(accounts, isDryRun: isDryRun)
        }
    }

    func admit(
        _ device: NewDevice, _ admission: Admission, to account: AccountID, ifHashIs hash: String
    ) async throws(StoreFailure) -> LoggedIn {
        try await change { () throws(StoreFailure) in
            try await base.admit(device, admission, to: account, ifHashIs: hash)
        }
    }

    func chain(of account: AccountID, from number: UInt32, limit: Int) async throws(StoreFailure) -> StoredChain? {
        try await read { () throws(StoreFailure) in try await base.chain(of: account, from: number, limit: limit) }
    }

    func publish(_ step: ChainStep) async throws(StoreFailure) -> ChainOutcome {
        try await change { () throws(StoreFailure) in try await base.publish(step) }
    }

    func leaveGrant(
        _ grant: [UInt8], of device: DeviceID, account: AccountID
    ) async throws(StoreFailure) -> WaitingDevice {
        try await change { () throws(StoreFailure) in
            try await base.leaveGrant(grant, of: device, account: account)
        }
    }

    func enrolment(_ device: DeviceID, of account: AccountID) async throws(StoreFailure) -> EnrolledDevice? {
        try await read { () throws(StoreFailure) in try await base.enrolment(device, of: account) }
    }

    func enrol(_ entry: IdentityEntry) async throws(StoreFailure) -> LoggedIn {
        try await change { () throws(StoreFailure) in try await base.enrol(entry) }
    }

    func suspendDevice(
        _ device: DeviceID, of account: AccountID, ifHashIs hash: String
    ) async throws(StoreFailure) {
        try await change { () throws(StoreFailure) in
            try await base.suspendDevice(device, of: account, ifHashIs: hash)
        }
    }

    func publishPackages(_ publication: PackagePublication) async throws(StoreFailure) -> KeptPackages {
        try await change { () throws(StoreFailure) in try await base.publishPackages(publication) }
    }

    func takePackages(_ claim: PackageClaim) async throws(StoreFailure) -> [TakenPackage] {
        try await change { () throws(StoreFailure) in try await base.takePackages(claim) }
    }

    func changeBlocks(_ change: ChangeBlocks, of account: AccountID) async throws(StoreFailure) -> [AccountRecord] {
        try await self.change { () throws(StoreFailure) in try await base.changeBlocks(change, of: account) }
    }

    func isBlocked(_ other: AccountID, by account: AccountID) async throws(StoreFailure) -> Bool {
        try await read { () throws(StoreFailure) in try await base.isBlocked(other, by: account) }
    }

    func logIn(
        _ device: DeviceID, of account: AccountID, number: LoginNumber,
        ifSigned isSigned: @escaping @Sendable ([UInt8]) -> Bool
    ) async throws(StoreFailure) -> LoggedIn {
        try await read { () throws(StoreFailure) in
            try await base.logIn(device, of: account, number: number, ifSigned: isSigned)
        }
    }

    func devices(of account: AccountID) async throws(StoreFailure) -> [DeviceRecord] {
        try await read { () throws(StoreFailure) in try await base.devices(of: account) }
    }

    func addDevice(_ device: NewDevice, to account: AccountID) async throws(StoreFailure) {
        try await change { () throws(StoreFailure) in try await base.addDevice(device, to: account) }
    }

    func renameDevice(_ device: DeviceID, of account: AccountID, to name: String) async throws(StoreFailure) {
        try await change { () throws(StoreFailure) in try await base.renameDevice(device, of: account, to: name) }
    }

    func revokeDevice(_ device: DeviceID, of account: AccountID) async throws(StoreFailure) {
        try await change { () throws(StoreFailure) in try await base.revokeDevice(device, of: account) }
    }

    func setPassword(
        _ hash: PasswordHash, of account: AccountID, replacing old: String?, revokingAllBut survivor: DeviceID?
    ) async throws(StoreFailure) -> [DeviceID] {
        try await change { () throws(StoreFailure) in
            try await base.setPassword(hash, of: account, replacing: old, revokingAllBut: survivor)
        }
    }

    func setFlags(
        _ set: AccountRecord.Flags, clearing clear: AccountRecord.Flags, of account: AccountID
    ) async throws(StoreFailure) {
        try await change { () throws(StoreFailure) in try await base.setFlags(set, clearing: clear, of: account) }
    }

    func setDisplayName(_ text: String, of account: AccountID) async throws(StoreFailure) {
        try await change { () throws(StoreFailure) in try await base.setDisplayName(text, of: account) }
    }

    func deleteAccount(_ account: AccountID, erasing: Bool) async throws(StoreFailure) {
        try await change { () throws(StoreFailure) in try await base.deleteAccount(account, erasing: erasing) }
    }

    func counts() async throws(StoreFailure) -> StoreCounts {
        try await read { () throws(StoreFailure) in try await base.counts() }
    }

    func invites() async throws(StoreFailure) -> [Invite] {
        try await read { () throws(StoreFailure) in try await base.invites() }
    }

    func isValid(invite token: [UInt8]) async throws(StoreFailure) -> Bool {
        try await read { () throws(StoreFailure) in try await base.isValid(invite: token) }
    }

    func addInvite(_ invite: Invite, token: [UInt8]) async throws(StoreFailure) {
        try await change { () throws(StoreFailure) in try await base.addInvite(invite, token: token) }
    }

    func removeInvite(_ id: InviteID) async throws(StoreFailure) {
        try await change { () throws(StoreFailure) in try await base.removeInvite(id) }
    }
}
