import CLISupport
import ChatProtocol

/// What a listener has told and what was dealt with, and the resume point that stands behind that. Confined to its
/// listener.
struct ListenSettlement {
    private let resume: ResumePointHolder?
    /// The name of the store that cursors must be of.
    private let storeName: String
    private var progress: ListenProgress

    init(_ resume: ResumePointHolder?, store name: String, at position: StorePosition) {
        self.resume = resume
        storeName = name
        progress = ListenProgress(at: position)
    }

    mutating func told(_ position: StorePosition) { progress.tell(position) }

    /// The login has come with which it begins.
    mutating func begin(with plan: ListenPlan, in store: ClientStore) throws(Problem) {
        progress = ListenProgress(at: plan.position)
        try resume?.set(plan.resumePosition(at: plan.position), in: store)
    }

    /// Whether what stands up to this cursor can be dealt with.
    ///
    /// - Throws: 65 where the cursor is of no line that was told, 64 without a resume point.
    func check(_ cursor: Cursor) throws(Problem) {
        guard resume != nil else {
            throw Problem(.usage, "without a resume point there is nothing to acknowledge")
        }
        guard cursor.store == storeName else {
            throw Problem(
                .invalidData, "the cursor \(cursor.text) belongs to another store than that of this profile",
                hint: "take a cursor from this listener's lines")
        }
        guard cursor.position <= progress.told else {
            throw Problem(
                .invalidData, "no line with the cursor \(cursor.text) was told by this listener",
                hint: "take a cursor from this listener's lines")
        }
    }

    /// Everything told up to there was dealt with.
    ///
    /// - Parameter hasMoreRead: something was read behind the plan's place and is to be told.
    mutating func finish(
        upTo position: StorePosition, _ plan: ListenPlan, hasMoreRead: Bool, in store: ClientStore
    ) throws(Problem) {
        guard resume != nil else { return }
        progress.finish(upTo: position)
        try move(plan, hasMoreRead: hasMoreRead, in: store)
    }

    /// Nothing is left to be told: what the filter left out is done, too.
    mutating func settle(_ plan: ListenPlan, in store: ClientStore) throws(Problem) {
        guard plan.isContinuous, progress.isEverythingDone else { return }
        progress = ListenProgress(at: plan.position)
        try move(plan, hasMoreRead: false, in: store)
    }

    private func move(_ plan: ListenPlan, hasMoreRead: Bool, in store: ClientStore) throws(Problem) {
        guard let resume, plan.isContinuous else { return }
        let position = progress.resumePosition(scanned: plan.position, hasMoreRead: hasMoreRead)
        try resume.move(to: plan.resumePosition(at: position), in: store)
    }

    func release() { resume?.release() }
}
