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
        for row in SettingsTable.rows where row.read(values) != row.read(fresh.values) {
            guard row.isReloadable, let text = row.read(fresh.values),
                row.write(&next.values, text)
            else {
                needRestart.append(row.key)
                continue
            }
            next.sources[row.key] = fresh.sources[row.key]
            applied.append(row.key)
        }
        applied += next.takeNamespaces(from: fresh)
        // What takes force is a mix: each part was allowed where it came from, not yet together.
        let problems = SettingsLimits.problems(next.values, next.sources)
        if !problems.isEmpty { throw SettingsError(problems: problems) }
        next.filePath = fresh.filePath
        next.warnings = fresh.warnings
        return SettingsReload(settings: next, applied: applied, needRestart: needRestart)
    }

    /// Takes over all namespaces; gives the names of those that are new, changed or gone.
    private mutating func takeNamespaces(from fresh: LoadedSettings) -> [String] {
        let prefix = SettingsTable.namespacesKey + "."
        let names = Set(values.namespaces.keys).union(fresh.values.namespaces.keys).sorted()
        let changed = names.filter { values.namespaces[$0] != fresh.values.namespaces[$0] }
        values.namespaces = fresh.values.namespaces
        sources = sources.filter { !$0.key.hasPrefix(prefix) }
            .merging(fresh.sources.filter { $0.key.hasPrefix(prefix) }) { _, new in new }
        return changed.map { prefix + $0 }
    }
}
