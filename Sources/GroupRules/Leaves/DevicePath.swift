import ChatProtocol
import WireCodec

/// The links that lead from the beginning of an account to one device, with the renewals whose keys have signed them.
package struct DevicePath: Hashable, Sendable {
    package let links: [Link]
    package let renewals: [Renewal]

    package init(links: [Link], renewals: [Renewal]) {
        self.links = links
        self.renewals = renewals
    }

    /// The name in its first link.
    package var name: UserName? { links.first?.content.body.name }

    /// The device at its end, as far as it was verified.
    package struct End: Hashable, Sendable {
        package let grant: Grant
        package let name: UserName
        /// The number of the link that granted it.
        package let number: UInt32
        /// The instance and key that it has now, or at least had: 0 and the granted key where it has no renewal.
        package let instance: UInt32
        package let key: DeviceKey
    }

    /// Verifies the path from a root (J1): each link is signed by the device that the one before granted and that certifies, and nothing
    /// stands here that is not needed. The proofs in the grants are not looked at: each key on the path shows by a signature
    /// over the account and the device that it is its owner's, and the last one does so by the leaf.
    package func verify(from root: AccountRoot, at place: AccountPlace) throws(RuleViolation) -> End {
        guard let first = links.first, let name = first.content.body.name, var grant = first.content.body.grant else {
            throw RuleViolation(.j1, .invalidLink, "a path that begins with no create or reset")
        }
        try check(links.count <= RuleLimits.certificateLinks, "\(links.count) links")
        try check(first.root == root, "another root")
        try check(links.allSatisfy { $0.content.place == place }, "a link of another account or server")
        try check(
            first.by == grant.device && first.instance == 0 && !grant.rights.enrols && first.isSigned(with: grant.key),
            "its first link is not signed by its own device")
        var unused = renewals[...]
        var last = first
        var seen: Set = [grant.device]
        for link in links.dropFirst() {
            guard case .add(let next) = link.content.body else {
                throw RuleViolation(.j1, .invalidLink, "a \(link.content.body.kind) within a path")
            }
            try check(grant.rights.contains(.certify), "device \(grant.device) may not certify")
            try check(
                link.by == grant.device && link.content.number > last.content.number
                    && seen.insert(next.device).inserted, "its links do not follow each other")
            let key = try Self.key(of: grant, granting: last.hash, link.instance, &unused, place)
            try check(link.isSigned(with: key), "the signature of link \(link.content.number) is wrong")
            (grant, last) = (next, link)
        }
        let own = unused.first
        let key = try Self.key(of: grant, granting: last.hash, own?.instance ?? 0, &unused, place)
        try check(unused.isEmpty, "renewals that nobody needs")
        return End(grant: grant, name: name, number: last.content.number, instance: own?.instance ?? 0, key: key)
    }

    /// The key of an instance: the granted one, or the one in the next renewal of the list.
    private static func key(
        of grant: Grant, granting: LinkHash, _ instance: UInt32, _ renewals: inout ArraySlice<Renewal>,
        _ place: AccountPlace
    ) throws(RuleViolation) -> DeviceKey {
        guard instance > 0 else {
            try require(!grant.rights.enrols, .j1, .invalidLink, "device \(grant.device) has an enrol key alone")
            return grant.key
        }
        guard let renewal = renewals.popFirst(), renewal.instance == instance else {
            throw RuleViolation(.j1, .invalidLink, "renewal \(instance) of device \(grant.device) is missing")
        }
        do throws(RuleViolation) {
            try renewal.check(grant, granted: granting, at: place)
        } catch {
            throw RuleViolation(.j1, error.code, error.detail)
        }
        return renewal.key
    }

    private func check(_ condition: Bool, _ detail: @autoclosure () -> String) throws(RuleViolation) {
        try require(condition, .j1, .invalidLink, detail())
    }
}

extension DevicePath: WireCodable {
    package init(from reader: inout WireReader) throws(WireError) {
        links = try reader.readVector(count: RuleLimits.certificateLinks, field: "links")
        renewals = try reader.readVector(count: RuleLimits.certificateLinks, field: "renewals")
        guard wireBytes.count <= RuleLimits.certificateBytes else {
            throw .limitExceeded(field: "certificate", limit: RuleLimits.certificateBytes)
        }
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(vectorOf: links)
        writer.write(vectorOf: renewals)
    }
}
