extension AccountChain {
    /// Takes the links that come next as they were sent, with the renewals that signed links of them and the newest ones. When one is
    /// refused, nothing has changed.
    package mutating func extend(with more: [Link], renewals: [Renewal] = []) throws(RuleViolation) {
        var chain = self
        let known = Dictionary(renewals.map { ($0.device, [$0]) }, uniquingKeysWith: +)
        for link in more {
            if let renewal = known[link.by]?.first(where: { $0.instance == link.instance }),
                chain.devices[link.by]?.instance ?? 0 < link.instance
            {
                try chain.take(renewal)
            }
            try chain.append(link)
        }
        for (id, own) in known {
            guard let newest = own.max(by: { $0.instance < $1.instance }), let device = chain.devices[id],
                device.isActive, device.instance < newest.instance
            else { continue }
            try chain.take(newest)
        }
        self = chain
    }

    /// All renewals that count: with the links they make the chain anew.
    package var renewals: [Renewal] { devices.values.flatMap(\.allRenewals) }
}
