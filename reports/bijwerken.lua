-- Quarto runs this before it renders (pre-render in _quarto.yml): results that are not up to date are built.
--
-- In Lua, because Quarto runs Lua with its own Pandoc: this file works whatever Python is on the path, and
-- looks for one that has the project's packages. It builds and never renders. When `python -m analysis`
-- calls Quarto, the results are there and BUILT is set: then nothing is done.

local BUILT = "ANALYSIS_BUILT"
local windows = package.config:sub(1, 1) == "\\"
local nothing = windows and "nul" or "/dev/null"

local function say(...)
  io.stderr:write(table.concat({...}), "\n")
end

local function exists(path)
  local handle = io.open(path, "rb")
  if handle then handle:close() end
  return handle ~= nil
end

local function run(command)
  -- cmd.exe takes off the first and the last quote
  return os.execute(windows and '"' .. command .. '"' or command) == true
end

local function serves(python)
  local probe = "import importlib.util as u, sys; "
    .. "sys.exit(sys.version_info < (3, 11) or not all(map(u.find_spec, ('papermill', 'linearmodels', 'rich'))))"
  return run('"' .. python .. '" -c "' .. probe .. '" 2>' .. nothing)
end

local function find_python()
  local candidates = {}
  local function add(path)
    if path and path ~= "" then candidates[#candidates + 1] = path end
  end
  add(os.getenv("QUARTO_PYTHON"))
  if os.getenv("VIRTUAL_ENV") or os.getenv("CONDA_PREFIX") then add("python") end
  for _, path in ipairs({".venv/bin/python", ".venv\\Scripts\\python.exe"}) do
    if exists(path) then add(path) end
  end
  add("python3")
  add("python")
  for _, python in ipairs(candidates) do
    if serves(python) then return python end
  end
end

-- A run that failed leaves half a document beside its source.
local function sweep()
  for _, name in ipairs(pandoc.system.list_directory("reports")) do
    if name:match("%.html$") or name:match("%.pdf$") or name:match("%.typ$") then
      os.remove("reports/" .. name)
    end
  end
end

if not os.getenv(BUILT) then
  sweep()
  local python = find_python()
  if python then
    if not run('"' .. python .. '" -m analysis build --as-before') then
      say("\nThe results could not be brought up to date, so nothing was rendered; ",
          "a report that was there before is as it was.")
      os.exit(1)
    end
  elseif exists("data/build/released/results.csv") then
    say("No Python with the packages of this project was found (set QUARTO_PYTHON to one): ",
        "the report shows the results as they were built last.")
  else
    say("There are no results yet, and no Python with the packages of this project was found to make them: ",
        "run `make report`, or set QUARTO_PYTHON.")
    os.exit(1)
  end
end

return {}
