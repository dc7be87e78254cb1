-- Quarto runs this after it has rendered (post-render in _quarto.yml): the report stands where it always stands.
--
-- `quarto render` alone repeats the folder of the sources and copies every picture there: `_report/reports/…`,
-- beside the report that stood in `_report` already. The documents are moved up, and what else stood there goes:
-- the results file, sheets and index belong to the render that made them. `make report` makes all of them.
-- When `python -m analysis` calls Quarto it looks after its own folder and sets BUILT; a preview is left alone.

local BUILT = "ANALYSIS_BUILT"
local SOURCES = "reports"

local function inside(folder)
  local listed, names = pcall(pandoc.system.list_directory, folder)
  return listed and names or nil
end

local function remove(path)
  for _, name in ipairs(inside(path) or {}) do
    remove(path .. "/" .. name)
  end
  os.remove(path)
end

local output = os.getenv("QUARTO_PROJECT_OUTPUT_DIR")
if output and os.getenv("QUARTO_PROJECT_RENDER_ALL") and not os.getenv(BUILT) then
  local nested = output .. "/" .. SOURCES
  if inside(nested) then
    for _, name in ipairs(inside(output)) do
      if name ~= SOURCES then
        remove(output .. "/" .. name)
      end
    end
    for _, name in ipairs(inside(nested)) do
      if name:match("%.html$") or name:match("%.pdf$") then
        assert(os.rename(nested .. "/" .. name, output .. "/" .. name))
      end
    end
    remove(nested)
  end
end

return {}
