// Owns what a running server takes over from settings that were loaded again.

/// What came of loading the settings again.
package struct SettingsReload: Sendable {
    /// The settings to run with from now on.
    package let settings: LoadedSettings
    /// The names of the settings that changed and are in force at once.
    package let applied: [String]
    /// The names of the settings that changed and wait for a restart.
    package let needRestart: [String]
}

extension LoadedSettings {
    /// Loads the settings again from where they came; only reloadable ones take a new value.
    ///
    /// - Throws: `SettingsError` when something is wrong; nothing has changed then.
    package func reloaded() throws(SettingsError) -> SettingsReload {
        let fresh = try SettingsLoader.load(inputs)
        if let filePath, fresh.filePath == nil {
            throw SettingsError(problems: [
                SettingsProblem(
                    setting: "config", value: filePath, source: nil,
                    advice: "the settings file is gone; put it back")
            ])
        }
        var next = self
        var applied: [String] = []
        var needRestart: [String] = []
        for row in SettingsTable.rows where !row.isSame(values, fresh.values) {
            guard row.isReloadable, let text = row.read(fresh.values),
                row.write(&next.values, text)
            else {
                needRestart.append(row.key)
                continue
            }
            next.sources[row.key] = fresh.sources[row.key]
            applied.append(row.key)
        }
        let pools = Set(values.redisPools.keys).union(fresh.values.redisPools.keys).sorted()
        needRestart += pools.filter { values.redisPools[$0] != fresh.values.redisPools[$0] }
            .map { "\(SettingsTable.poolsKey).\($0)" }
        let namespaces = next.takeNamespaces(from: fresh)
        applied += namespaces.applied
        needRestart += namespaces.needRestart
        // What takes force is a mix: each part was allowed where it came from, not yet together.
        let problems = SettingsLimits.problems(next.values, next.sources)
        if !problems.isEmpty { throw SettingsError(problems: problems) }
        next.filePath = fresh.filePath
        next.warnings = fresh.warnings
        return SettingsReload(settings: next, applied: applied, needRestart: needRestart)
    }

    /// Takes over the namespaces, but for what needs a restart; a namespace that is gone keeps
    /// that, too. Gives the names of those that changed, and of what has to wait.
    private mutating func takeNamespaces(
        from fresh: LoadedSettings
    ) -> (applied: [String], needRestart: [String]) {
        let prefix = SettingsTable.namespacesKey + "."
        let names = Set(values.namespaces.keys).union(fresh.values.namespaces.keys).sorted()
        let before = values.namespaces
        let sourcesBefore = sources
        values.namespaces = fresh.values.namespaces
        sources = sources.filter { !$0.key.hasPrefix(prefix) }
            .merging(fresh.sources.filter { $0.key.hasPrefix(prefix) }) { _, new in new }
        var needRestart: [String] = []
        for name in names {
            let old = before[name] ?? NamespaceSettings()
            for row in SettingsTable.namespaceRows where !row.isReloadable {
                let new = values.namespaces[name] ?? NamespaceSettings()
                guard !row.isSame(old, new), let text = row.read(old) else { continue }
                var kept = new
                precondition(row.write(&kept, text), "what was read can be written")
                values.namespaces[name] = kept
                let setting = "\(prefix)\(name).\(row.key)"
                sources[setting] = sourcesBefore[setting]
                needRestart.append(setting)
            }
        }
        let applied = names.filter { before[$0] != values.namespaces[$0] }
        return (applied.map { prefix + $0 }, needRestart)
    }
}
