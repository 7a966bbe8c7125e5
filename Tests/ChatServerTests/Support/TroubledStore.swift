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
        /// Called before each batch with a proposal of the server; what it throws becomes of the batch.
        case beforeProposals(@Sendable () async throws(StoreFailure) -> Void)
    }

    let base: any Store
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

    var other: OtherWriter? {
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

    /// The other writer does the same first.
    func change<Value: Sendable>(
        _ body: (any Store) async throws(StoreFailure) -> Value
    ) async throws(StoreFailure) -> Value {
        await interfere()
        if let other { _ = try? await body(other.store) }
        if isCut {
            _ = try await body(base)
            throw Self.cut
        }
        if case .lostAnswers = trouble { _ = try? await body(base) }
        return try await body(base)
    }

    func read<Value: Sendable>(
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
        if case .beforeProposals(let happens) = trouble, batch.operations.contains(where: \.isProposal) {
            try await happens()
        }
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
        if let other {
            other.learn(committed.outcomes)
            await other.comeSecond(to: batch.operations, committed.outcomes)
        }
        return tell(committed)
    }

    func commit(
        _ batch: StoreBatch, then end: @escaping @Sendable (Result<Committed, StoreFailure>) -> Void
    ) -> Bool {
        guard case .unknownEnds = trouble, !batch.isRepeated else { return false }
        return base.commit(batch) { _ in end(.failure(Self.cut)) }
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
        try await change { store throws(StoreFailure) in try await store.note(marks) }
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

    func formerStanding(
        of conversation: ConversationID, for reader: DeviceReader
    ) async throws(StoreFailure) -> DeviceStanding? {
        try await read { () throws(StoreFailure) in try await base.formerStanding(of: conversation, for: reader) }
    }

    func lostGroups(of account: AccountID?) async throws(StoreFailure) -> [ConversationID] {
        try await read { () throws(StoreFailure) in try await base.lostGroups(of: account) }
    }

    func replacedLeaves(of account: AccountID?, limit: Int) async throws(StoreFailure) -> [StoreOperation] {
        try await read { () throws(StoreFailure) in try await base.replacedLeaves(of: account, limit: limit) }
    }

    func surplusWelcomes(of devices: [DeviceID]?, limit: Int) async throws(StoreFailure) -> [StoreOperation] {
        try await read { () throws(StoreFailure) in try await base.surplusWelcomes(of: devices, limit: limit) }
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
        try await change { store throws(StoreFailure) in try await store.groupKey(orKeep: fresh) }
    }

    func followUps(limit: Int) async throws(StoreFailure) -> [StoreOperation] {
        try await read { () throws(StoreFailure) in try await base.followUps(limit: limit) }
    }

    func overdue(_ sweep: RetentionSweep) async throws(StoreFailure) -> RetentionStep {
        try await read { () throws(StoreFailure) in try await base.overdue(sweep) }
    }

    func expireAccounts(_ bounds: RetentionBounds) async throws(StoreFailure) {
        try await change { store throws(StoreFailure) in try await store.expireAccounts(bounds) }
    }

    func believedTime() async throws(StoreFailure) -> Timestamp? {
        try await read { () throws(StoreFailure) in try await base.believedTime() }
    }

    func setBelievedTime(_ time: Timestamp) async throws(StoreFailure) {
        try await change { store throws(StoreFailure) in try await store.setBelievedTime(time) }
    }

    func usage() async throws(StoreFailure) -> [AccountID: UInt64] {
        try await read { () throws(StoreFailure) in try await base.usage() }
    }
    func room() async throws(StoreFailure) -> StoreRoom { try await base.room() }
    func dropErasedRemains() { base.dropErasedRemains() }

    func giveBackRoom(isShort: Bool) { base.giveBackRoom(isShort: isShort) }
    func takeFaults() -> [StoreFailure] { base.takeFaults() }
}

extension StoreOperation {
    fileprivate var isProposal: Bool {
        guard case .bundle(let bundle) = self else { return false }
        return bundle.entry?.payloadKind == PayloadKind.proposal.rawValue
    }
}
