import CLISupport
import Transport

/// The store as a whole, and what the server shows of itself.
extension Administration {
    static func check(_ directory: DataDirectory, emit: Emit) async throws {
        for fault in try await CheckStore.faults(at: directory.database) { emit(AdminRows.fault(fault)) }
    }

    func resumeRetention() async throws {
        let now = sources.time()
        try await StoreFailure.settling { () throws(StoreFailure) in try await store.setBelievedTime(now) }
    }

    func status() async throws -> JSONObject {
        let (identity, counts) = (try await store.identity(), try await store.counts())
        var object = JSONObject(head: "status")
        object["running"] = .bool(false)
        object["version"] = .string(Release.version)
        object["fingerprint"] = .string("\(try self.identity().pin)")
        object["server_id"] = .string(identity.server.hex)
        object["generation"] = .string(identity.generation.hex)
        object["accounts"] = .integer(Int64(counts.accounts))
        object["devices"] = .integer(Int64(counts.devices))
        object["groups"] = .integer(Int64(counts.groups))
        object["rooms"] = .integer(Int64(counts.rooms))
        object["store_bytes"] = .integer(Int64(clamping: try await store.room().used))
        try describeCertificate(in: &object)
        let isBelieved = RetentionClock.believes(sources.time(), since: try await store.believedTime())
        object["retention"] = .string(isBelieved ? "on" : "suspended")
        try await effects.describe(&object)
        return object
    }

    private func describeCertificate(in object: inout JSONObject) throws(Problem) {
        guard let facts = try identity().facts else { return }
        object["certificate_end"] = .string(TimestampText.utc(facts.ends))
        let warnings = CertificateReview(facts: facts, now: sources.time()).warnings
        object["certificate_warnings"] = .array(warnings.map { .string("it \($0)") })
    }
}
