import ChatProtocol
import WireCodec

extension AccountChain {
    /// What proves a device to those who know the root: for its leaf. Nil of a device that is not active, and of one that has an enrol
    /// key and no other yet.
    package func certificate(of id: DeviceID) -> DeviceCertificate? {
        guard let device = devices[id], device.isActive, device.key(of: device.instance) != nil else { return nil }
        return DeviceCertificate(path: path(to: device, own: device.newestRenewal))
    }

    /// What proves that a device was revoked, to those who know the root from which it counted; nil where it was not by a `revoke`.
    package func revocation(of id: DeviceID) -> Revocation? {
        guard let device = devices[id], case .revoked(let number) = device.state else { return nil }
        let link = links[Int(number)]
        guard case .revoke = link.content.body, let signer = devices[link.by] else { return nil }
        return Revocation(link: link, signer: path(to: signer, own: signer.renewal(link.instance)))
    }

    /// The links that lead to a device, with the renewals whose keys signed them, and one of its own.
    private func path(to device: ChainDevice, own: Renewal?) -> DevicePath {
        let links = device.path.map { self.links[Int($0)] }
        let signers = links.dropFirst().compactMap { devices[$0.by]?.renewal($0.instance) }
        return DevicePath(links: links, renewals: signers + (own.map { [$0] } ?? []))
    }

    /// An add that would give a certificate too large for a leaf is refused when it is made, with room for a renewal where the new
    /// device makes some.
    func checkDepth(of device: ChainDevice, _ link: Link) throws(RuleViolation) {
        try require(
            device.path.count <= RuleLimits.certificateLinks, .j1, .tooLarge,
            "device \(device.grant.device) would be \(device.path.count) links away from the beginning")
        let former = device.path.dropLast().map { links[Int($0)] } + [link]
        let renewals = former.dropFirst().compactMap { devices[$0.by]?.renewal($0.instance) }
        var size = DevicePath(links: former, renewals: renewals).wireBytes.count
        if device.grant.rights.enrols { size += Renewal.byteCount + 2 }
        try require(
            size <= RuleLimits.certificateBytes, .j1, .tooLarge, "the certificate would have \(size) bytes")
    }
}
